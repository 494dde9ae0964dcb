import assert from "node:assert/strict";
import { type Cursor, DeviceModel } from "./device_model.ts";
import type { SentFrame } from "../../fakes/fake_transport.ts";
import type { Connection } from "./gateway_connection.ts";
import type { MarkOp } from "../../../src/domain/event.ts";
import { allows } from "../../../src/auth/patterns.ts";
import {
  EVERYONE,
  ownerOf,
  type StreamName,
  type TopicStream,
  userStream,
} from "../../../src/domain/stream_name.ts";
import { Claims, type Reach, type Wish } from "../../drivers/claims.ts";
import { type Books, DeviceRequests } from "../../drivers/device_requests.ts";
import { SimulatedPublishers } from "./simulated_publishers.ts";
import type { GatewayWorld } from "./gateway_world.ts";
import type { Note } from "./connection_laws.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { ServerMessage } from "../../drivers/raw_socket.ts";

/** How a device takes what is sent to it: within milliseconds, bit by bit, or not at all. */
export type Reading = "fast" | "slow" | "stalled";

/** What a device says of its past when it connects. */
export type Resume = "cursor" | "nothing" | "other-database" | "future";

/** Bytes that a slow device takes at a time, and how often. */
const SLOW_BYTES = 24 * 1024;
const SLOW_MS = 40;
const FAST_MS = 5;

/** A device of one user that speaks the protocol over connections that may fail at any time. */
export class SimulatedDevice {
  readonly user: string;
  readonly model = new DeviceModel();
  reading: Reading = "fast";
  /** The connection goes once so many more messages were taken in. */
  dropsAfter = Infinity;
  connection: Connection | undefined;
  /** How its connections were closed by the server, as far as it noticed. */
  readonly closes: number[] = [];
  /** Hears when it has noticed that its connection is over. */
  onClosed: () => void = () => {};
  /** What its tokens allow: topics that its user may join. */
  patterns: readonly string[];
  /** What the tokens allow of which the server may still go by. */
  #inForce: (readonly string[])[] = [];
  /** Streams in which it is up to date, and knows all of the past. */
  readonly #exact = new Set<string>();
  /** By stream: items below may have been left out by the last reset. */
  readonly #horizons = new Map<string, number>();
  readonly #requests: DeviceRequests;
  readonly #books: Books;
  /** Whether all wishes of its user are in the books. */
  readonly #knowsWishes: boolean;
  readonly #topics: readonly TopicStream[];
  /** It will read in a moment. */
  #waiting = false;
  readonly #world: GatewayWorld;
  readonly #random: SeededRandom;
  readonly #resetsArePartial: boolean;

  /**
   * @param options `resetsArePartial`: inboxes may hold more than goes into a reset; `topics`: those that
   * there are; `books`: where the wishes of its user are remembered
   */
  constructor(
    user: string,
    {
      world,
      random,
      resetsArePartial = false,
      topics = [EVERYONE],
      patterns = ["*"],
      books,
    }: {
      world: GatewayWorld;
      random: SeededRandom;
      resetsArePartial?: boolean;
      topics?: readonly TopicStream[];
      patterns?: readonly string[];
      books?: Books;
    },
  ) {
    this.user = user;
    this.patterns = patterns;
    this.#world = world;
    this.#random = random;
    this.#resetsArePartial = resetsArePartial;
    this.#topics = topics;
    this.#books = books ??
      { claims: new Claims(), publishers: new SimulatedPublishers(world, random) };
    this.#knowsWishes = books !== undefined;
    const say = (message: Record<string, unknown>) => this.#say(message);
    this.#requests = new DeviceRequests({ world, user, books: this.#books, say });
  }

  /** Whether it is connected and the server has not ended that. */
  get isOpen(): boolean {
    return this.connection !== undefined && this.connection.transport.closed === undefined;
  }

  /** Whether it is connected and has taken in all that there is of every stream it follows. */
  get isCurrent(): boolean {
    if (!this.isOpen || this.#requests.size > 0) return false;
    return this.#followed().every(([name, stream]) => {
      const its = this.model.streams.get(name);
      return its?.isLive === true && its.cursor?.seq === (this.#world.headOf(stream)?.seq ?? 0);
    });
  }

  /** Whether there is something that it has not read, or no answer to what it asked. */
  get isBusy(): boolean {
    const { connection } = this;
    if (connection === undefined) return false;
    const { unread, closed } = connection.transport;
    return unread > 0 || closed !== undefined || this.#requests.size > 0;
  }

  connect(
    { resume = "cursor", early = true, instance = 0 }: {
      resume?: Resume;
      early?: boolean;
      instance?: number;
    } = {},
  ): void {
    this.drop();
    this.dropsAfter = Infinity;
    this.#exact.clear();
    this.model.connecting();
    const jwt = this.#token();
    this.#inForce = [this.patterns];
    const connection = this.#world.accept({
      jwt: early ? jwt : undefined,
      readable: () => this.#readSoon(),
      instance,
    });
    this.connection = connection;
    const cursor = this.#cursor(resume);
    const rest = resume === "cursor" ? this.model.cursors : {};
    this.#say({
      type: "hello",
      ...(early ? {} : { token: jwt }),
      ...(cursor === undefined ? {} : { resume: { ...rest, user: cursor } }),
    });
    this.#requests.connected();
  }

  /** Asks for something over its connection, and again over the next unless it is answered. */
  wish(wish: Wish, message: Record<string, unknown>): void {
    this.#requests.wish(wish, message);
  }

  /** Marks items of one stream, or up to some of several at once. */
  mark(op: MarkOp, reaches: readonly Reach[]): void {
    const [first] = reaches;
    if (first === undefined) return;
    const upTo = Object.fromEntries(
      reaches.map((reach) => [reach.stream, "upTo" in reach ? reach.upTo : 0]),
    );
    const scope = reaches.length > 1 ? { upTo } : first;
    this.#requests.wish({ kind: "mark", op, reaches }, { type: "mark", op, ...scope });
  }

  /** Publishes to a topic. @param fields those of a notification but its title */
  publish(topic: TopicStream, fields: Record<string, unknown>): void {
    const attempt = this.#books.publishers.begin([topic], { later: "sendAt" in fields });
    this.#requests.publish(attempt, { ...fields, topic: ownerOf(topic) });
  }

  #cursor(resume: Resume): Cursor | undefined {
    const { cursor } = this.model;
    if (cursor === undefined || resume === "nothing") return undefined;
    switch (resume) {
      case "cursor":
        return cursor;
      case "other-database":
        return { epoch: `other.${cursor.epoch}`, seq: cursor.seq };
      case "future":
        return { epoch: cursor.epoch, seq: cursor.seq + 1_000 };
    }
  }

  /** The connection is lost, and the server is told. */
  drop(): void {
    const { connection } = this;
    this.vanish();
    connection?.lose();
  }

  /** The connection is lost, and nobody tells the server. */
  vanish(): void {
    this.connection?.transport.leave();
    this.connection = undefined;
  }

  /** Tells of a new token. @param patterns what it allows from now on */
  refresh(patterns: readonly string[] = this.patterns): void {
    if (!this.isOpen) return;
    this.patterns = patterns;
    this.#inForce.push(patterns);
    // Which topics it is not told of any more it can't know.
    this.#exact.clear();
    this.#requests.refresh(this.#token(), () => {
      this.#inForce = this.#inForce.slice(this.#inForce.lastIndexOf(patterns));
    });
  }

  #token(): string {
    const claims = { topics: this.patterns, publish: ["*", "topic:everyone"] };
    return this.#world.token(this.user, undefined, claims);
  }

  read(how: Reading): void {
    this.reading = how;
    this.#readSoon();
  }

  /** Throws unless it shows what the inbox holds, no more and no less. */
  async assertEqualsInbox(): Promise<void> {
    const { items, counts } = await this.#world.inbox(this.user, this.patterns);
    const what = `a device of ${this.user}`;
    const { streams } = this.model;
    for (const [name] of this.#followed()) {
      const expected = items.filter((item) =>
        item.stream === name && item.seq >= (this.#horizons.get(name) ?? 0)
      ).map(({ stream: _, ...item }) => item);
      const stream = streams.get(name);
      assert(stream?.cursor !== undefined, `${what} does not follow ${name}`);
      const shown = stream.list();
      // In short first: large items take the assertion minutes to compare in words.
      assert.deepEqual(
        shown.map(inShort),
        expected.map(inShort),
        `${what} differs from the inbox of ${name}`,
      );
      assert.equal(JSON.stringify(shown), JSON.stringify(expected), `${what} shows other things`);
      assert(stream.isLive, `${what} was never told that it is up to date in ${name}`);
    }
    assert.deepEqual(this.model.counts, counts, `${what} counts otherwise`);
  }

  /** What it follows by what is stored, under both names of each stream. */
  #followed(): [string, StreamName][] {
    const topics = this.#world.follows(this.user, {
      topics: this.#topics,
      patterns: this.patterns,
    });
    return [
      ["user", userStream(this.user)],
      ...topics.map((topic): [string, StreamName] => [
        topic,
        topic,
      ]),
    ];
  }

  #say(message: Record<string, unknown>): void {
    this.connection?.say(JSON.stringify(message));
  }

  /** One reader a connection, however often it is told that there is something to read. */
  #readSoon(): void {
    if (this.reading === "stalled" || this.#waiting) return;
    this.#waiting = true;
    const ms = this.reading === "fast" ? this.#random.integer(0, FAST_MS) : SLOW_MS;
    this.#world.clock.after(ms, () => {
      this.#waiting = false;
      this.#readSome();
    });
  }

  #readSome(): void {
    const { connection } = this;
    if (connection === undefined || this.reading === "stalled") return;
    const { transport, watched } = connection;
    if (transport.unread > 0) watched.readAt = this.#world.clock.monotonic();
    const bytes = this.reading === "fast" ? Infinity : SLOW_BYTES;
    for (const frame of transport.read(bytes)) {
      this.#take(frame);
      if (this.connection !== connection) return;
    }
    if (transport.unread > 0) return this.#readSoon();
    if (transport.closed === undefined) return;
    this.closes.push(transport.closed.code);
    this.connection = undefined;
    this.onClosed();
  }

  #take({ text, note }: SentFrame<Note>): void {
    const parsed = JSON.parse(text);
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) {
      this.#handle(message, note);
      if (--this.dropsAfter <= 0) return this.drop();
    }
    // Of several events that were committed together only the last one is told for sure what is so.
    const last = [parsed].flat().at(-1);
    if (last.live && this.#isExact) this.#assertCounts(last);
  }

  #handle(message: ServerMessage, { calm }: Note): void {
    if (message["stream"] !== undefined) this.#assertForMe(message);
    if (message.type === "caughtUp" && this.model.stream(message).isLive) {
      this.#nothingMissed(message);
    } else this.model.take(message);
    switch (message.type) {
      case "ping":
        if (this.connection !== undefined) this.connection.watched.pingedAt = undefined;
        return this.#say({ type: "pong" });
      case "ok":
      case "error":
        return this.#requests.take(message);
      case "reset":
        if (this.#resetsArePartial) {
          const oldest = message["items"].at(-1)?.seq ?? message["seq"] + 1;
          this.#horizons.set(message["stream"], oldest);
        }
        this.#exact.delete(message["stream"]);
        return;
      case "caughtUp":
        if (calm && !this.#horizons.has(message["stream"])) this.#exact.add(message["stream"]);
        else this.#exact.delete(message["stream"]);
        return;
      case "notification":
      case "change":
        if (!message["live"]) this.#exact.delete(message["stream"]);
        // What it will be told of this topic is counted already.
        if (message["op"] === "join") this.#exact.clear();
    }
  }

  /** Nothing of a topic comes to somebody who is none of its members, or whose token forbids it. */
  #assertForMe({ stream, type, seq }: ServerMessage): void {
    if (stream === "user" || !this.#knowsWishes) return;
    const allowed = this.#inForce.some((patterns) =>
      this.#books.claims.mayFollow(this.user, stream, (topic) => {
        return allows(patterns, ownerOf(topic as StreamName));
      })
    );
    assert(allowed, `a ${type} ${seq ?? ""} of ${stream} came to ${this.user}`);
  }

  /** All that was missed was gone before it could be read: only the end of it is told. */
  #nothingMissed(message: ServerMessage): void {
    const { seq, oldest, counts } = message;
    const model = this.model.stream(message);
    assert(model.cursor !== undefined && seq >= model.cursor.seq, `caughtUp ${seq} goes back`);
    model.cursor = { epoch: model.cursor.epoch, seq };
    this.model.counts = counts;
    for (const own of model.items.keys()) if (own < oldest) model.items.delete(own);
  }

  get #isExact(): boolean {
    return [...this.model.streams.keys()].every((name) => this.#exact.has(name));
  }

  /** Right after a live event a device that misses nothing counts what the server counts. */
  #assertCounts({ type, stream, seq, counts }: ServerMessage): void {
    const items = [...this.model.streams.values()].flatMap((stream) => stream.list());
    const unread = items.filter(({ read, archived }) => !read && !archived);
    const unseen = unread.filter(({ seen }) => !seen);
    assert.deepEqual(
      counts,
      { unread: unread.length, unseen: unseen.length },
      `${type} ${seq} of ${stream}`,
    );
  }
}

function inShort({ seq, read, seen, archived, ...item }: Record<string, unknown>): string {
  const flags = [read ? "read" : "", seen ? "seen" : "", archived ? "archived" : ""];
  return `${seq} ${JSON.stringify(item).slice(0, 120)} ${flags.join(" ")}`;
}
