import assert from "node:assert/strict";
import type { Cursor, DeviceItem } from "./device_model.ts";
import type { ServerMessage } from "../../drivers/raw_socket.ts";

const RESET_ITEMS_MAX = 50;

/**
 * What a device keeps of one stream over its connections: its cursor and its items. It follows the
 * protocol to the letter, and throws at whatever the server is not allowed to send.
 */
export class StreamModel {
  readonly name: string;
  /** By seq. */
  readonly items = new Map<number, DeviceItem>();
  /** Every notification that came, resets left out, in order. */
  readonly notified: { seq: number; id: string; live: boolean }[] = [];
  cursor: Cursor | undefined;
  /** What this connection is at: only `live` events may come once it is caught up. */
  #stage: "hello" | "welcomed" | "missed" | "live" = "hello";

  constructor(name: string) {
    this.name = name;
  }

  get isLive(): boolean {
    return this.#stage === "live";
  }

  connecting(): void {
    this.#stage = "hello";
  }

  /** Newest first. */
  list(): DeviceItem[] {
    return [...this.items.values()].sort((a, b) => b.seq - a.seq);
  }

  welcome({ epoch, oldest }: { epoch: string; oldest: number }): void {
    assert.equal(this.#stage, "hello", "a second welcome");
    this.#stage = "welcomed";
    // The epoch is looked at with the reset that has to follow where it is another one.
    if (epoch === this.cursor?.epoch) this.#forgetBelow(oldest);
  }

  reset({ reason, items, epoch, seq }: ServerMessage): void {
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
    this.#stage = "live";
  }

  notification({ seq, live, item, oldest }: ServerMessage): void {
    this.event({ type: "notification", seq, live });
    assert.equal(typeof item.id, "string");
    assert(!this.items.has(seq));
    this.items.set(seq, { seq, ...item });
    this.notified.push({ seq, id: item.id, live });
    this.#forgetBelow(oldest);
  }

  /** Does to items what a change says; of those that are not here it knows nothing. */
  apply({ op, items, upTo }: ServerMessage): void {
    const concerned: number[] = items ?? [...this.items.keys()].filter((own) => own <= upTo);
    for (const own of concerned) {
      const item = this.items.get(own);
      if (item === undefined) continue;
      const changed = applyOp(item, op);
      if (changed === undefined) this.items.delete(own);
      else this.items.set(own, changed);
    }
  }

  event({ type, seq, live }: ServerMessage): void {
    const { cursor } = this;
    assert(cursor !== undefined, `a ${type} of ${this.name} before there is a cursor`);
    const where = `${type} ${seq} of ${this.name} (live: ${live}) after ${cursor.seq}`;
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

  caughtUp({ seq, oldest }: ServerMessage): void {
    // Who is live may be told so again: it had to look whether it missed something, and did not.
    assert.notEqual(this.#stage, "hello", "caughtUp before the welcome");
    assert(this.cursor !== undefined && seq >= this.cursor.seq, `caughtUp ${seq} goes back`);
    this.cursor = { epoch: this.cursor.epoch, seq };
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
