import assert from "node:assert/strict";
import type { ServerMessage } from "./raw_socket.ts";

/** Where a device stands in its stream. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** An item as a device has it. */
export interface DeviceItem {
  readonly seq: number;
  readonly id: string;
  readonly title: string;
  readonly read: boolean;
  readonly seen: boolean;
  readonly archived: boolean;
  readonly [field: string]: unknown;
}

/** A frame from the server has fewer bytes. */
const FRAME_MAX = 256 * 1024;
const RESET_ITEMS_MAX = 50;

/**
 * What a device of one user keeps over its connections: its cursor and its items. It follows the
 * protocol to the letter, and throws at whatever the server is not allowed to send.
 */
export class DeviceModel {
  /** By seq. */
  readonly items = new Map<number, DeviceItem>();
  /** Every notification that came, resets left out, in order. */
  readonly notified: { seq: number; id: string; live: boolean }[] = [];
  counts = { unread: 0, unseen: 0 };
  cursor: Cursor | undefined;
  /** What this connection is at: only `live` events may come once it is caught up. */
  #stage: "hello" | "welcomed" | "missed" | "live" = "hello";

  /** Whether it has everything up to the last event that happened before the last message. */
  get isLive(): boolean {
    return this.#stage === "live";
  }

  /** A new connection begins. */
  connecting(): void {
    this.#stage = "hello";
  }

  /** The items as the inbox lists them, newest first. */
  list(): DeviceItem[] {
    return [...this.items.values()].sort((a, b) => b.seq - a.seq);
  }

  /** @param bytes the size of the whole frame that the message came in */
  take(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        assert.equal(this.#stage, "hello", "a second welcome");
        this.#stage = "welcomed";
        this.counts = message["counts"];
        // The epoch is looked at with the reset that has to follow where it is another one.
        if (message["streams"].user.epoch === this.cursor?.epoch) {
          this.#forgetBelow(message["streams"].user.oldest);
        }
        return;
      case "reset":
        return this.#reset(message);
      case "notification":
        return this.#notification(message);
      case "change":
        return this.#change(message);
      case "caughtUp":
        return this.#caughtUp(message);
      default:
        return;
    }
  }

  /** Checks the size of a frame. */
  static checkFrame(bytes: number): void {
    assert(bytes < FRAME_MAX, `a frame of ${bytes} bytes`);
  }

  #reset({ stream, reason, items, epoch, seq, counts }: ServerMessage): void {
    assert.equal(stream, "user");
    assert.notEqual(this.#stage, "hello", "a reset before the welcome");
    assert(["trimmed", "epoch", "new"].includes(reason), reason);
    assert(items.length <= RESET_ITEMS_MAX);
    this.items.clear();
    let below = seq + 1;
    for (const item of items) {
      assert(item.seq < below, "items of a reset are not newest first");
      below = item.seq;
      this.items.set(item.seq, item);
    }
    this.cursor = { epoch, seq };
    this.counts = counts;
    this.#stage = "live";
  }

  #notification({ stream, seq, live, item, counts, oldest }: ServerMessage): void {
    this.#event({ type: "notification", stream, seq, live });
    assert.equal(typeof item.id, "string");
    assert(!this.items.has(seq));
    this.items.set(seq, { seq, ...item });
    this.notified.push({ seq, id: item.id, live });
    this.counts = counts;
    this.#forgetBelow(oldest);
  }

  #change({ stream, seq, live, op, items, upTo, target, counts }: ServerMessage): void {
    this.#event({ type: "change", stream, seq, live });
    this.counts = counts;
    if (target !== undefined && target !== "user") return;
    const concerned: number[] = items ?? [...this.items.keys()].filter((own) => own <= upTo);
    for (const own of concerned) {
      const item = this.items.get(own);
      if (item === undefined) continue;
      const changed = applyOp(item, op);
      if (changed === undefined) this.items.delete(own);
      else this.items.set(own, changed);
    }
  }

  #event({ type, stream, seq, live }: ServerMessage): void {
    assert.equal(stream, "user");
    const { cursor } = this;
    assert(cursor !== undefined, `a ${type} before there is a cursor`);
    const where = `${type} ${seq} (live: ${live}) after ${cursor.seq}`;
    if (live) {
      assert.equal(this.#stage, "live", `live before caught up: ${where}`);
      assert.equal(seq, cursor.seq + 1, `a hole or a repetition: ${where}`);
    } else {
      assert.notEqual(this.#stage, "hello", `before the welcome: ${where}`);
      assert(seq > cursor.seq, `a repetition: ${where}`);
      this.#stage = "missed";
    }
    this.cursor = { epoch: cursor.epoch, seq };
  }

  #caughtUp({ stream, seq, oldest, counts }: ServerMessage): void {
    assert.equal(stream, "user");
    // Who is live may be told so again: it had to look whether it missed something, and did not.
    assert.notEqual(this.#stage, "hello", "caughtUp before the welcome");
    assert(this.cursor !== undefined && seq >= this.cursor.seq, `caughtUp ${seq} goes back`);
    this.cursor = { epoch: this.cursor.epoch, seq };
    if (counts !== undefined) this.counts = counts;
    this.#forgetBelow(oldest);
    this.#stage = "live";
  }

  #forgetBelow(oldest: number | undefined): void {
    if (oldest === undefined) return;
    for (const seq of this.items.keys()) if (seq < oldest) this.items.delete(seq);
  }
}

/** The item after a change; undefined where it is gone. */
function applyOp(item: DeviceItem, op: string): DeviceItem | undefined {
  switch (op) {
    case "read":
      return { ...item, read: true };
    case "unread":
      return { ...item, read: false };
    case "seen":
      return { ...item, seen: true };
    case "archive":
      return { ...item, archived: true };
    case "unarchive":
      return { ...item, archived: false };
    case "delete":
    case "replace":
    case "expire":
    case "recall":
      return undefined;
    default:
      throw new Error(`an unknown change: ${op}`);
  }
}
