import type { Failure } from "../../../src/feeds/error_reports.ts";
import assert from "node:assert/strict";
import type { Clock } from "../../../src/clock.ts";
import type { Engine } from "../../../src/server/engine.ts";
import type { Feeds } from "../../../src/server/feeds.ts";
import type { Head } from "../../../src/domain/head.ts";
import type { Counts } from "../../../src/domain/item.ts";
import type { TopicMembership } from "../../../src/domain/topic_membership.ts";
import type { Intent } from "../../../src/domain/intent.ts";
import type { StreamLimits } from "../../../src/domain/stream.ts";
import {
  EVERYONE,
  isTopic,
  ownerOf,
  type StreamName,
  type TopicStream,
  userStream,
} from "../../../src/domain/stream_name.ts";
import { isInForce, readerOf } from "../../../src/auth/patterns.ts";
import { decodeMembership } from "../../../src/store/codec/membership_codec.ts";
import { publication } from "../../../src/http/publication.ts";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import { CloseCode, type Closing } from "../../../src/gateway/protocol/close_code.ts";
import type { Session } from "../../../src/gateway/session/session.ts";
import type { Quota } from "../../../src/limits/rate_limit.ts";
import type { Revoke } from "../../../src/auth/revocations.ts";
import { headFromRow } from "../../../src/store/head_cache.ts";
import { keys } from "../../../src/store/keys.ts";
import type { Kv } from "../../../src/kv/kv.ts";
import type { Presence } from "../../../src/http/presence.ts";
import type { Idempotency, Published } from "../../../src/store/publish/publication.ts";
import type { Reader } from "../../../src/store/inbox/inbox.ts";
import type { Store } from "../../../src/store/store.ts";
import { asSent } from "../../drivers/as_sent.ts";
import { ConnectionLaws, type Note, type Watched } from "./connection_laws.ts";
import { FakeTransport } from "../../fakes/fake_transport.ts";
import type { Connection } from "./gateway_connection.ts";
import type { GatewayInstance, InstancePlan } from "./gateway_instance.ts";
import { GatewayInstances } from "./gateway_instances.ts";
import { JumpingClock } from "../../fakes/jumping_clock.ts";
import type { Machine } from "../../fakes/machine.ts";
import { MemoryKv } from "../../fakes/memory_kv.ts";
import { type PlainClaims, PlainTokens } from "../../drivers/plain_tokens.ts";
import { replaceRandomness } from "../../fakes/replaced_randomness.ts";
import { FlakyWatchKv } from "../../fakes/flaky_watch_kv.ts";
import { SeededRandom } from "./seeded_random.ts";

export interface WorldOptions {
  /** Decides whatever the service leaves to chance. */
  readonly seed?: number;
  readonly limits?: Partial<StreamLimits>;
  readonly maxConnections?: number;
  readonly maxConnectionsPerUser?: number;
  /** How much one user may ask for; as much as users like unless given. */
  readonly userQuota?: Quota | undefined;
  readonly heartbeatMs?: number;
  readonly pongTimeoutMs?: number;
  /** So many instances work on one KV; 0, unless given, is one that is alone. */
  readonly clustered?: number;
  /** For each instance the milliseconds that its wall clock is ahead. */
  readonly skews?: readonly number[];
  /** Close codes that need no reason here; others are judged by the connection laws. */
  readonly allowed?: readonly number[];
  /** The KV fails now and then, so that calls may fail with whatever it throws. */
  readonly isRough?: boolean;
  /** Listens to what each instance tells, beside the world itself. */
  readonly listen?: (feeds: Feeds) => void;
  /** Puts something between an instance and its KV. */
  readonly between?: (kv: Kv, clock: Clock) => Kv;
  /** Puts a network between the instances of a cluster and their KV. */
  readonly network?: NonNullable<InstancePlan["network"]>;
}

/** An item as the inbox lists it. */
export interface InboxItem {
  /** `user`, or the topic's stream. */
  readonly stream: string;
  readonly seq: number;
  readonly [field: string]: unknown;
}

/** What an inbox holds, read page by page. */
export interface WholeInbox {
  readonly items: readonly InboxItem[];
  readonly counts: Counts;
}

/** No step of the service takes so long in virtual time, unless it never ends. */
const PATIENCE_MS = 120_000;
/** Longer than any test moves the clock. */
const TOKEN_MS = 3_650 * 86_400_000;
/** So long goes by before the world counts as settled: what is due was done meanwhile. */
const SETTLE_MS = 2_500;
/** No call of a KV takes longer. */
const KV_MS = 5_000;

/**
 * One instance without its outside: the store and the gateway are real; the KV is in memory, the
 * sockets are fakes, and time goes by when the test says so. The same seed gives the same story.
 */
export class GatewayWorld implements Disposable {
  readonly clock = new JumpingClock();
  readonly laws: ConnectionLaws;
  /** What failed in the background. */
  readonly troubles: Failure[] = [];
  /** How and when sessions ended, in order; without a code where it was the peer that went. */
  readonly ends: { readonly code: number | undefined; readonly at: number }[] = [];
  readonly memory = new MemoryKv({ now: () => this.clock.now(), checksMax: 32 });
  readonly isRough: boolean;
  readonly #instances: GatewayInstances;
  readonly #tokens = new PlainTokens(() => this.clock.now());
  readonly #watched = new Map<Session, Watched>();
  readonly #undo = new DisposableStack();

  private constructor(options: WorldOptions) {
    const { pongTimeoutMs = 10_000, allowed = [], isRough = false } = options;
    this.isRough = isRough;
    this.laws = new ConnectionLaws({
      monotonic: () => this.clock.monotonic(),
      now: () => this.clock.now(),
      // In a cluster nobody knows of all commits that are under way.
      isCalm: () => !options.clustered && this.store.journal.depth.committing === 0,
      isRegistered: (session) => this.#instances.isRegistered(session),
      pongTimeoutMs,
      allowed,
    });
    const { clustered = 0, skews, seed = 1 } = options;
    const random = new SeededRandom(seed);
    this.#undo.use(replaceRandomness(random));
    const count = Math.max(1, clustered);
    this.#instances = new GatewayInstances(this.#plan(options, random), { count, skews });
  }

  /** Opens a world, which has to be disposed of. */
  static async open(options: WorldOptions = {}): Promise<GatewayWorld> {
    const world = new GatewayWorld(options);
    await world.until(world.#instances.start());
    return world;
  }

  /** The first instance's, which is the only one unless a test wants more. */
  get store(): Store {
    return this.#instances.up(0).engine.store;
  }

  get gateway(): Gateway {
    return this.#instances.up(0).engine.gateway;
  }

  /** Instances that are there, whether or not they stand still or have begun to serve. */
  get instances(): readonly GatewayInstance[] {
    return this.#instances.all;
  }

  /** Whether any instance could take something in now. */
  get isUp(): boolean {
    return this.#instances.isUp;
  }

  #plan(options: WorldOptions, random: SeededRandom): InstancePlan {
    const { clock, memory } = this;
    const isAlone = !options.clustered;
    const watched = new FlakyWatchKv(memory, { clock, random });
    return {
      ...options,
      clock,
      kv: isAlone ? memory : watched,
      keyWatcher: isAlone ? undefined : watched,
      tokens: this.#tokens,
      maxTokenLifetimeMs: TOKEN_MS,
      listen: (feeds, machine) => {
        this.#listen(feeds, machine);
        options.listen?.(feeds);
      },
    };
  }

  #listen({ sessionEnds, failures }: Feeds, machine: Machine): void {
    failures.subscribe((failure) => this.troubles.push(failure));
    sessionEnds.subscribe(({ session, closing }) => {
      if (machine.isDead) return;
      this.ends.push({ code: closing?.code, at: this.clock.monotonic() });
      this.laws.ended(this.#watched.get(session), session, closing);
    });
  }

  /** The head of a user's stream as it is stored now; undefined before the first event. */
  head(user: string): Head | undefined {
    return this.headOf(userStream(user));
  }

  /** The same of any stream. */
  headOf(stream: StreamName): Head | undefined {
    return headFromRow(this.memory.peek(keys.head(stream))).head;
  }

  /** A user's membership as it is stored; that in `everyone` only after the first mark. */
  membership(user: string, topic: TopicStream): TopicMembership | undefined {
    const { value } = this.memory.peek(keys.sub(user, ownerOf(topic)));
    return value === null ? undefined : decodeMembership(value);
  }

  /**
   * The topics that a user's device follows with a token that allows these patterns, `everyone` included.
   *
   * @param topics those that there are
   */
  follows(user: string, { topics, patterns }: {
    topics: readonly TopicStream[];
    patterns: readonly string[];
  }): TopicStream[] {
    return topics.filter((topic) => {
      const membership = this.membership(user, topic);
      if (membership === undefined) return topic === EVERYONE;
      return isInForce(topic, membership, { topics: patterns });
    });
  }

  /** How the instance that is taken at this turn sees where a user is. */
  presence(user: string, instance: number): Promise<Presence> {
    return this.until(this.#instances.up(instance).engine.findPresence(user));
  }

  /** A token for a user that is good for so many milliseconds. */
  token(user: string, ms = TOKEN_MS, claims?: PlainClaims): string {
    return this.#tokens.issue(user, ms, claims);
  }

  /** A connection is made. @param readable called when there is something to read */
  accept(
    { jwt, refusal, readable = () => {}, instance = 0 }: {
      jwt?: string | undefined;
      refusal?: Closing;
      readable?: () => void;
      instance?: number;
    } = {},
  ): Connection {
    const watched = this.laws.watch();
    const { machine, engine } = this.#instances.up(instance);
    const transport = new FakeTransport<Note>({
      sending: (text, bytes) =>
        machine.isDead ? { calm: false } : this.laws.sending(watched, text, bytes),
      readable,
    });
    watched.transport = transport;
    const arrival = { transport, jwt, ...(refusal === undefined ? {} : { refusal }) };
    const { session, inbound } = engine.gateway.accept(arrival);
    if (!session.isClosed) this.#watched.set(session, watched);
    machine.onDeath(() => transport.cut());
    return {
      transport,
      session,
      inbound,
      watched,
      machine,
      say: (message) => machine.run(() => inbound.receive(message)),
      lose: () => machine.run(() => session.lost()),
    };
  }

  /** Publishes to some users; `fields` are those of a notification. */
  publish(
    users: readonly string[],
    fields: Record<string, unknown> = {},
    instance = 0,
    idempotency?: Idempotency,
  ): Promise<Published> {
    return this.publishTo(users.map(userStream), fields, { instance, idempotency });
  }

  /** Publishes to the streams of some users, or to one topic. */
  publishTo(
    streams: readonly StreamName[],
    fields: Record<string, unknown> = {},
    { instance = 0, idempotency, laterMs }: {
      instance?: number;
      idempotency?: Idempotency | undefined;
      /** It is to be sent after so long by the instance's clock. */
      laterMs?: number | undefined;
    } = {},
  ): Promise<Published> {
    const to = streams.some(isTopic)
      ? { topic: ownerOf(streams[0] as StreamName) }
      : { users: streams.map(ownerOf) };
    return this.call(instance, ({ store: { publisher } }, now) => {
      const notification = {
        to,
        title: "Hello",
        ...fields,
        ...(laterMs === undefined ? {} : { sendAt: new Date(now + laterMs).toISOString() }),
      };
      return publisher.publish({
        ...publication(asSent(notification), { now }),
        ...(idempotency === undefined ? {} : { idempotency }),
      });
    });
  }

  /**
   * Calls an instance from outside, also one that stands still. Rejects with `InstanceGone` where it dies
   * first.
   */
  call<T>(instance: number, run: (engine: Engine, now: number) => Promise<T>): Promise<T> {
    return this.#instances.call(instance, run);
  }

  /** Appends what can't be asked for from outside yet, such as a mark. */
  append(user: string, intent: Intent, instance = 0): Promise<void> {
    return this.#instances.call(instance, ({ store: { journal } }) =>
      journal.append({
        parts: [{ stream: userStream(user), intent }],
      }));
  }

  /** How an instance has tokens refused. */
  revoke(instance = 0): Revoke {
    return this.#instances.up(instance).engine.revoke;
  }

  /** Sends all sessions away. @param ms the time it may take */
  async drain(ms: number): Promise<void> {
    this.laws.allow(CloseCode.goingAway);
    await this.until(Promise.all(this.#instances.engines.map(({ gateway }) => gateway.drain(ms))));
  }

  /** Waits in virtual time. */
  until<T>(promise: Promise<T>): Promise<T> {
    return this.clock.until(promise, { withinMs: PATIENCE_MS });
  }

  /** Lets time go by, at least so many milliseconds, until nobody has anything left to do. */
  async settle(
    { ms = SETTLE_MS, isIdle = () => true }: { ms?: number; isIdle?: () => boolean } = {},
  ): Promise<void> {
    await this.clock.advance(ms);
    for (let waited = 0; !this.#instances.engines.every(rests) || !isIdle(); waited += 100) {
      assert(waited < PATIENCE_MS, "it never comes to rest");
      await this.clock.advance(100);
    }
  }

  /** The inbox as it is read over HTTP, all pages, with a token that allows these topics. */
  async inbox(user: string, topics: readonly string[] = ["*"]): Promise<WholeInbox> {
    const reader = readerOf({ user, topics, expiresAt: Infinity, publish: [] });
    const items: WholeInbox["items"][number][] = [];
    let cursor: string | undefined;
    do {
      const query = {
        status: "all",
        limit: 7,
        ...(cursor === undefined ? {} : { cursor }),
      } as const;
      const page = await this.until(this.store.inbox.list(reader, query));
      items.push(...page.items.map((json) => JSON.parse(json)));
      cursor = page.next;
    } while (cursor !== undefined);
    return { items, ...await this.#counts(reader) };
  }

  async #counts(reader: Reader): Promise<{ counts: Counts }> {
    const { counts } = await this.until(this.store.inbox.counts(reader));
    return { counts };
  }

  /**
   * Ends the instance, of which all sessions have ended; throws where anything is left of them.
   *
   * @param users those who had devices
   */
  async end(users: readonly string[]): Promise<void> {
    await this.settle();
    const engines = this.#instances.engines;
    const delivered = engines.map(({ gateway }) => gateway.delivered);
    for (const user of users) await this.until(this.publish([user]));
    await this.settle();
    engines.forEach(({ gateway }, i) => {
      const { registry, timed } = gateway;
      assert.equal(gateway.delivered, delivered[i], "a stream without devices has a channel");
      const left = { sessions: registry.size, users: registry.users, timed };
      assert.deepEqual(left, { sessions: 0, users: 0, timed: 0 }, "something is left of sessions");
    });
    await this.until(Promise.all(engines.map((engine) => engine.stopBackground())));
    await this.until(Promise.all(engines.map((engine) => engine.close())));
    // What is under way to or from a KV that several share may still come.
    if (engines[0]?.cluster) await this.clock.advance(KV_MS);
    assert.equal(this.clock.pending, 0, "timers are left");
  }

  [Symbol.dispose](): void {
    this.#undo.dispose();
  }
}

function rests({ store, gateway }: Engine): boolean {
  const { waiting, committing } = store.journal.depth;
  const { catchUp, backpressure, storeRetry } = gateway;
  return catchUp.active + backpressure.size + storeRetry.waiting + waiting + committing === 0;
}
