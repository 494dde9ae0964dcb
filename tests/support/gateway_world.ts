import assert from "node:assert/strict";
import type { Bell } from "../../src/cluster/bell.ts";
import { type Core, type CoreHooks, startCore } from "../../src/core.ts";
import type { Counts } from "../../src/domain/item.ts";
import type { Intent } from "../../src/domain/intent.ts";
import type { StreamLimits } from "../../src/domain/stream.ts";
import { userStream } from "../../src/domain/stream_name.ts";
import type { Gateway } from "../../src/gateway/gateway.ts";
import { CloseCode, type Closing } from "../../src/gateway/close_code.ts";
import type { Inbound } from "../../src/gateway/inbound.ts";
import type { Session } from "../../src/gateway/session.ts";
import type { Revoke } from "../../src/revocations.ts";
import type { Kv } from "../../src/store/kv.ts";
import type { Published } from "../../src/store/publisher.ts";
import type { Store } from "../../src/store/store.ts";
import { encodeItem } from "../../src/wire/encode_item.ts";
import { parseNotification } from "../../src/wire/parse_notification.ts";
import { createNewId, timeOf } from "../../src/wire/uuid_v7.ts";
import { ConnectionLaws, type Note, type Watched } from "./connection_laws.ts";
import { FakeTransport } from "./fake_transport.ts";
import { JumpingClock } from "./jumping_clock.ts";
import { MemoryKv } from "./memory_kv.ts";
import { PlainTokens } from "./plain_tokens.ts";
import { RingingKv } from "./ringing_kv.ts";
import { SeededRandom } from "./seeded_random.ts";

/** One connection, seen from its peer. */
export interface Connection {
  readonly transport: FakeTransport<Note>;
  readonly session: Session;
  readonly inbound: Inbound;
  readonly watched: Watched;
}

export interface WorldOptions {
  /** Decides whatever the service leaves to chance. */
  readonly seed?: number;
  readonly limits?: Partial<StreamLimits>;
  readonly maxConnections?: number;
  readonly maxConnectionsPerUser?: number;
  readonly heartbeatMs?: number;
  readonly pongTimeoutMs?: number;
  /** So many instances work on one KV; 0, unless given, is one that is alone. */
  readonly clustered?: number;
  /** Close codes that need no reason here; others are judged by the connection laws. */
  readonly allowed?: readonly number[];
  /** Puts something between an instance and its KV. */
  readonly between?: (kv: Kv, clock: JumpingClock) => Kv;
}

/** What an inbox holds, read page by page. */
export interface WholeInbox {
  readonly items: readonly { readonly seq: number; readonly [field: string]: unknown }[];
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
  readonly troubles: unknown[] = [];
  /** How and when sessions ended, in order; without a code where it was the peer that went. */
  readonly ends: { readonly code: number | undefined; readonly at: number }[] = [];
  #cores: readonly Core[] = [];
  readonly #tokens = new PlainTokens(() => this.clock.now());
  readonly #watched = new Map<Session, Watched>();
  readonly #undo = new DisposableStack();

  private constructor(options: WorldOptions) {
    const { pongTimeoutMs = 10_000, allowed = [] } = options;
    this.laws = new ConnectionLaws({
      monotonic: () => this.clock.monotonic(),
      now: () => this.clock.now(),
      // In a cluster nobody knows of all commits that are under way.
      isCalm: () => !options.clustered && this.store.journal.depth.committing === 0,
      isRegistered: (session) =>
        this.#cores.some(({ gateway }) => gateway.registry.sessions().includes(session)),
      pongTimeoutMs,
      allowed,
    });
  }

  /** Opens a world, which has to be disposed of. */
  static async open(options: WorldOptions = {}): Promise<GatewayWorld> {
    const world = new GatewayWorld(options);
    await world.#open(options);
    return world;
  }

  /** The first instance's, which is the only one unless a test wants more. */
  get store(): Store {
    return this.#core(0).store;
  }

  get gateway(): Gateway {
    return this.#core(0).gateway;
  }

  /** @param instance may be any number: they are taken in turns */
  #core(instance: number): Core {
    const core = this.#cores[instance % this.#cores.length];
    assert(core !== undefined);
    return core;
  }

  async #open(options: WorldOptions): Promise<void> {
    const { clock } = this;
    const random = new SeededRandom(options.seed ?? 1);
    const { random: machine } = Math;
    Math.random = random.next;
    this.#undo.defer(() => Math.random = machine);
    let filled = options.seed ?? 1;
    const fill = (bytes: Uint8Array) => void bytes.fill(filled++);
    const newId = createNewId({ now: () => clock.now(), fill });
    const memory = new MemoryKv({ now: () => clock.now(), checksMax: 32 });
    const ringing = new RingingKv(memory, { clock, random });
    const start = (kv: Kv, bell?: Bell) =>
      startCore({
        kv: options.between?.(kv, clock) ?? kv,
        checksMax: 32,
        commitsMax: 2,
        clock,
        limits: { itemsMax: 1_000, changesMax: 4_096, retentionDays: 90, ...options.limits },
        tokens: this.#tokens,
        maxTokenLifetimeMs: TOKEN_MS,
        newId,
        maxConnections: options.maxConnections ?? 15_000,
        maxConnectionsPerUser: options.maxConnectionsPerUser ?? 50,
        heartbeatMs: options.heartbeatMs ?? 25_000,
        pongTimeoutMs: options.pongTimeoutMs ?? 10_000,
        hooks: this.#hooks(),
        ...(bell === undefined ? {} : { bell }),
      });
    const { clustered = 0 } = options;
    const starting = clustered === 0
      ? [start(memory)]
      : Array.from({ length: clustered }, () => start(ringing, ringing));
    this.#cores = await this.until(Promise.all(starting));
  }

  #hooks(): CoreHooks {
    return {
      committed: () => {},
      commitTroubled: () => {},
      sessionEnded: (session, closing) => {
        this.ends.push({ code: closing?.code, at: this.clock.monotonic() });
        this.laws.ended(this.#watched.get(session), session, closing);
      },
      troubled: (error) => this.troubles.push(error),
      reborn: () => {},
    };
  }

  /** A token for a user that is good for so many milliseconds. */
  token(user: string, ms = TOKEN_MS): string {
    return this.#tokens.issue(user, ms);
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
    const transport = new FakeTransport<Note>({
      sending: (text, bytes) => this.laws.sending(watched, text, bytes),
      readable,
    });
    watched.transport = transport;
    const arrival = { transport, jwt, ...(refusal === undefined ? {} : { refusal }) };
    const { session, inbound } = this.#core(instance).gateway.accept(arrival);
    if (!session.isClosed) this.#watched.set(session, watched);
    return { transport, session, inbound, watched };
  }

  /** Publishes to some users; `fields` are those of a notification. */
  publish(
    users: readonly string[],
    fields: Record<string, unknown> = {},
    instance = 0,
  ): Promise<Published> {
    const now = this.clock.now();
    const parsed = parseNotification({ to: { users }, title: "Hello", ...fields }, now);
    return this.#core(instance).store.publisher.publish({
      streams: users.map(userStream),
      item: (id) => encodeItem(parsed, { id, publishedAt: timeOf(id) }),
    });
  }

  /** Appends what can't be asked for from outside yet, such as a mark. */
  append(user: string, intent: Intent, instance = 0): Promise<void> {
    return this.#core(instance).store.journal.append({
      parts: [{ stream: userStream(user), intent }],
      settle: () => ({ mutations: [], result: undefined }),
    });
  }

  /** How an instance has tokens refused. */
  revoke(instance = 0): Revoke {
    return this.#core(instance).revoke;
  }

  /** Sends all sessions away. @param ms the time it may take */
  async drain(ms: number): Promise<void> {
    this.laws.allow(CloseCode.goingAway);
    await this.until(Promise.all(this.#cores.map(({ gateway }) => gateway.drain(ms))));
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
    for (let waited = 0; !this.#cores.every(rests) || !isIdle(); waited += 100) {
      assert(waited < PATIENCE_MS, "it never comes to rest");
      await this.clock.advance(100);
    }
  }

  /** The inbox as it is read over HTTP, all pages. */
  async inbox(user: string): Promise<WholeInbox> {
    const items: WholeInbox["items"][number][] = [];
    let cursor: string | undefined;
    do {
      const query = {
        status: "all",
        limit: 7,
        ...(cursor === undefined ? {} : { cursor }),
      } as const;
      const page = await this.until(this.store.inbox.list(user, query));
      items.push(...page.items.map((json) => JSON.parse(json)));
      cursor = page.next;
    } while (cursor !== undefined);
    return { items, counts: await this.until(this.store.inbox.counts(user)) };
  }

  /**
   * Ends the instance, of which all sessions have ended; throws where anything is left of them.
   *
   * @param users those who had devices
   */
  async end(users: readonly string[]): Promise<void> {
    await this.settle();
    const delivered = this.#cores.map(({ gateway }) => gateway.delivered);
    for (const user of users) await this.until(this.publish([user]));
    await this.settle();
    this.#cores.forEach(({ gateway }, i) => {
      const { registry, timed } = gateway;
      assert.equal(gateway.delivered, delivered[i], "a stream without devices has a channel");
      const left = { sessions: registry.size, users: registry.users, timed };
      assert.deepEqual(left, { sessions: 0, users: 0, timed: 0 }, "something is left of sessions");
    });
    await this.until(Promise.all(this.#cores.map((core) => core.stopBackground())));
    await this.until(Promise.all(this.#cores.map((core) => core.close())));
    // What is under way to or from a KV that several share may still come.
    if (this.#core(0).cluster) await this.clock.advance(KV_MS);
    assert.equal(this.clock.pending, 0, "timers are left");
  }

  [Symbol.dispose](): void {
    this.#undo.dispose();
  }
}

function rests({ store, gateway }: Core): boolean {
  const { waiting, committing } = store.journal.depth;
  const { catchUp, parking, patience } = gateway;
  return catchUp.active + parking.size + patience.waiting + waiting + committing === 0;
}
