import assert from "node:assert/strict";
import { type Cursor, DeviceModel } from "./device_model.ts";
import type { SentFrame } from "./fake_transport.ts";
import type { Connection } from "./gateway_connection.ts";
import type { GatewayWorld } from "./gateway_world.ts";
import type { Note } from "./connection_laws.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { ServerMessage } from "./raw_socket.ts";

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
  /** It is up to date, and what it knows of the past is complete. */
  #exact = false;
  /** Items below may have been left out by the last reset. */
  #horizon = 0;
  /** It will read in a moment. */
  #waiting = false;
  readonly #world: GatewayWorld;
  readonly #random: SeededRandom;
  readonly #resetsArePartial: boolean;

  /** @param options `resetsArePartial`: inboxes may hold more than goes into a reset */
  constructor(
    user: string,
    { world, random, resetsArePartial = false }: {
      world: GatewayWorld;
      random: SeededRandom;
      resetsArePartial?: boolean;
    },
  ) {
    this.user = user;
    this.#world = world;
    this.#random = random;
    this.#resetsArePartial = resetsArePartial;
  }

  /** Whether it is connected and the server has not ended that. */
  get isOpen(): boolean {
    return this.connection !== undefined && this.connection.transport.closed === undefined;
  }

  /** Whether it is connected and has taken in everything up to this event. */
  isAt(seq: number): boolean {
    return this.isOpen && this.model.isLive && this.model.cursor?.seq === seq;
  }

  /** Whether there is something that it has not read. */
  get isBusy(): boolean {
    const { connection } = this;
    return connection !== undefined &&
      (connection.transport.unread > 0 || connection.transport.closed !== undefined);
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
    this.#exact = false;
    this.model.connecting();
    const jwt = this.#world.token(this.user);
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

  refresh(ref: number): void {
    this.#say({ type: "refresh", token: this.#world.token(this.user), ref });
  }

  read(how: Reading): void {
    this.reading = how;
    this.#readSoon();
  }

  /** Throws unless it shows what the inbox holds, no more and no less. */
  async assertEqualsInbox(): Promise<void> {
    const { items, counts } = await this.#world.inbox(this.user);
    const expected = items.filter(({ seq }) => seq >= this.#horizon)
      .map(({ stream: _, ...item }) => item);
    const shown = this.model.list();
    const what = `a device of ${this.user}`;
    // In short first: large items take the assertion minutes to compare in words.
    assert.deepEqual(shown.map(inShort), expected.map(inShort), `${what} differs from the inbox`);
    assert.equal(JSON.stringify(shown), JSON.stringify(expected), `${what} shows something else`);
    assert.deepEqual(this.model.counts, counts, `${what} counts otherwise`);
    assert(this.model.isLive, `${what} was never told that it is up to date`);
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
  }

  #handle(message: ServerMessage, { calm }: Note): void {
    if (message.type === "caughtUp" && this.model.stream(message).isLive) {
      this.#nothingMissed(message);
    } else this.model.take(message);
    switch (message.type) {
      case "ping":
        if (this.connection !== undefined) this.connection.watched.pingedAt = undefined;
        return this.#say({ type: "pong" });
      case "reset":
        if (message["stream"] !== "user") return;
        if (this.#resetsArePartial) {
          this.#horizon = message["items"].at(-1)?.seq ?? message["seq"] + 1;
        }
        this.#exact = false;
        return;
      case "caughtUp":
        if (message["stream"] !== "user") return;
        this.#exact = calm && this.#horizon === 0;
        return;
      case "notification":
      case "change":
        if (message["live"] && this.#exact) this.#assertCounts(message);
    }
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

  /** Right after a live event a device that misses nothing counts what the server counts. */
  #assertCounts({ type, seq, counts }: ServerMessage): void {
    const unread = this.model.list().filter(({ read, archived }) => !read && !archived);
    const unseen = unread.filter(({ seen }) => !seen);
    assert.deepEqual(counts, { unread: unread.length, unseen: unseen.length }, `${type} ${seq}`);
  }
}

function inShort({ seq, read, seen, archived, ...item }: Record<string, unknown>): string {
  const flags = [read ? "read" : "", seen ? "seen" : "", archived ? "archived" : ""];
  return `${seq} ${JSON.stringify(item).slice(0, 120)} ${flags.join(" ")}`;
}
