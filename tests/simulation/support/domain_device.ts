import assert from "node:assert/strict";
import type { Change, StreamEvent } from "../../../src/domain/event.ts";
import { countsOf, type Head, oldestOf } from "../../../src/domain/head.ts";
import type { Counts, Item, ItemFlags, Seq } from "../../../src/domain/item.ts";
import { type Cursor, hasChangeAfter, resetReason } from "../../../src/domain/resume.ts";
import type { StreamRows } from "./domain_rows.ts";

/** What a device shows of an item. */
export type Shown = { readonly id: string } & ItemFlags;

/** What the server tells a device about one stream; as on the socket, but for the framing. */
export type Message =
  | { type: "welcome"; oldest: Seq; counts: Counts }
  | { type: "reset"; epoch: string; seq: Seq; items: ReadonlyMap<Seq, Shown>; counts: Counts }
  | {
    type: "notification";
    seq: Seq;
    live: boolean;
    item: Shown;
    counts: Counts;
    oldest: Seq | undefined;
  }
  | { type: "change"; seq: Seq; live: boolean; change: Change; counts: Counts }
  | { type: "caughtUp"; seq: Seq; oldest: Seq };

/** A device that believes what it is told and nothing else. */
export class Device {
  constructor(
    public cursor: Cursor | undefined = undefined,
    public counts: Counts = { unread: 0, unseen: 0 },
    readonly items: Map<Seq, Shown> = new Map(),
  ) {}

  receive(message: Message): void {
    switch (message.type) {
      case "welcome":
        this.#forgetBelow(message.oldest);
        break;
      case "reset":
        this.items.clear();
        for (const [seq, shown] of message.items) this.items.set(seq, shown);
        this.cursor = { epoch: message.epoch, seq: message.seq };
        break;
      case "notification":
        this.#advance(message.seq, message.live);
        this.items.set(message.seq, message.item);
        if (message.oldest !== undefined) this.#forgetBelow(message.oldest);
        break;
      case "change":
        this.#advance(message.seq, message.live);
        this.#replay(message.change);
        break;
      case "caughtUp":
        this.#advance(message.seq, false);
        this.#forgetBelow(message.oldest);
        return;
    }
    this.counts = message.counts;
  }

  copy(): Device {
    return new Device(this.cursor, this.counts, new Map(this.items));
  }

  #advance(seq: Seq, live: boolean): void {
    assert(this.cursor !== undefined, "an event before any reset");
    if (live) assert.equal(seq, this.cursor.seq + 1, "a hole between live events");
    else assert(seq >= this.cursor.seq, "a missed event out of order");
    this.cursor = { epoch: this.cursor.epoch, seq };
  }

  #forgetBelow(oldest: Seq): void {
    for (const seq of this.items.keys()) if (seq < oldest) this.items.delete(seq);
  }

  #replay(change: Change): void {
    for (const [seq, shown] of this.items) {
      const concerned = "upTo" in change ? seq <= change.upTo : change.items.includes(seq);
      if (!concerned) continue;
      const flags = FLAGS[change.op];
      if (flags === undefined) this.items.delete(seq);
      else this.items.set(seq, { ...shown, ...flags });
    }
  }
}

const FLAGS: Partial<Record<Change["op"], Partial<ItemFlags>>> = {
  read: { read: true },
  unread: { read: false },
  seen: { seen: true },
  archive: { archived: true },
  unarchive: { archived: false },
};

/** How a live event reaches a device. */
export function liveMessage(event: StreamEvent): Message {
  if (event.kind === "change") {
    const { seq, change, counts } = event;
    return { type: "change", seq, live: true, change, counts };
  }
  const { seq, item, counts, oldest } = event;
  const shown = { id: item.id, read: false, seen: false, archived: false };
  return { type: "notification", seq, live: true, item: shown, counts, oldest };
}

/** Lets a device hear `events` live; returns what it was like after each of them. */
export function follow(device: Device, events: readonly StreamEvent[]): Device[] {
  return events.map((event) => {
    device.receive(liveMessage(event));
    return device.copy();
  });
}

/** The first thing a device hears on connecting. */
export function welcome(head: Head): Message {
  return { type: "welcome", oldest: oldestOf(head), counts: countsOf(head) };
}

/** Everything anew, from `rows` that may be older or newer than `head`. */
export function reset(head: Head, rows: StreamRows): Message {
  const items = new Map<Seq, Shown>();
  head.live.visitNewestFirst(head.seq + 1, head.seenUpTo, (seq, flags) => {
    const item = rows.items.get(seq);
    if (item !== undefined) items.set(seq, { id: item.id, ...flags });
    return true;
  });
  return { type: "reset", epoch: head.epoch, seq: head.seq, items, counts: countsOf(head) };
}

/** What lies in `(sent, head.seq]`: items that the head lists, as far as they have rows; changes. */
export function missed(head: Head, rows: StreamRows, sent: Seq): Message[] {
  const counts = countsOf(head);
  const items = head.live.seqsBetween(sent, head.seq, head.live.size).flatMap((seq): Message[] => {
    const item: Item | undefined = rows.items.get(seq);
    const flags = head.live.flags(seq, head.seenUpTo);
    if (item === undefined || flags === undefined) return [];
    const shown = { id: item.id, ...flags };
    return [{ type: "notification", seq, live: false, item: shown, counts, oldest: undefined }];
  });
  const changes = !hasChangeAfter(head, sent) ? [] : [...rows.changes]
    .filter(([seq]) => seq > sent && seq <= head.seq)
    .map(([seq, change]): Message => ({ type: "change", seq, live: false, change, counts }));
  return [...items, ...changes].sort((a, b) => seqOf(a) - seqOf(b));
}

/**
 * Everything up to `head` was sent. It names the oldest live item: what was trimmed since the
 * welcome may have been trimmed by an item that is itself gone by now, so that no notification is
 * left that could say so.
 */
export function caughtUp(head: Head): Message {
  return { type: "caughtUp", seq: head.seq, oldest: oldestOf(head) };
}

/** All that a device hears between its hello and its first live event, while nothing moves. */
export function resumed(head: Head, rows: StreamRows, cursor: Cursor | undefined): Message[] {
  const hello = welcome(head);
  if (resetReason(head, cursor) !== undefined) return [hello, reset(head, rows)];
  return [hello, ...missed(head, rows, cursor?.seq ?? 0), caughtUp(head)];
}

/** A device that has just connected for the first time. */
export function connected(head: Head, rows: StreamRows): Device {
  const device = new Device();
  for (const message of resumed(head, rows, undefined)) device.receive(message);
  return device;
}

/** What a device has to look like to be equal to the server. */
export function server(head: Head, rows: StreamRows): Device {
  const device = new Device();
  device.receive(reset(head, rows));
  assert.equal(device.items.size, head.live.size, "a live item has no row");
  return device;
}

/** Throws unless both show the same items with the same flags, counts and cursor. */
export function assertSame(device: Device, expected: Device): void {
  const plain = ({ cursor, counts, items }: Device) => ({
    cursor,
    counts,
    items: Object.fromEntries(items),
  });
  assert.deepEqual(plain(device), plain(expected));
}

function seqOf(message: Message): Seq {
  return "seq" in message ? message.seq : 0;
}
