import assert from "node:assert/strict";
import type { Message } from "./socket.ts";

interface Stream {
  epoch: string;
  seq: number;
  /** Whether something that was missed has come that `caughtUp` has to end. */
  isCatchingUp: boolean;
  isUpToDate: boolean;
  readonly items: Map<number, Message>;
}

/** What a device has of its streams, by the rules E-1 to E-17; it throws where the server breaks one. */
export class Followed {
  counts: unknown;
  readonly #streams = new Map<string, Stream>();
  readonly #had = new Set<string>();
  #isWelcome = false;

  get cursors(): Record<string, { epoch: string; seq: number }> {
    return Object.fromEntries(
      [...this.#streams].map(([name, { epoch, seq }]) => [name, { epoch, seq }]),
    );
  }

  get streams(): string[] {
    return [...this.#streams.keys()].sort();
  }

  get isUpToDate(): boolean {
    return this.#isWelcome && [...this.#streams.values()].every(({ isUpToDate }) => isUpToDate);
  }

  seq(stream: string): number {
    return this.#streams.get(stream)?.seq ?? 0;
  }

  items(stream: string): Message[] {
    const items = [...this.#streams.get(stream)?.items.values() ?? []];
    return items.sort((a, b) => a["seq"] - b["seq"]);
  }

  /** A connection begins; what there is stays. */
  connected(): void {
    this.#isWelcome = false;
    for (const stream of this.#streams.values()) {
      stream.isUpToDate = false;
      stream.isCatchingUp = false;
    }
  }

  take(message: Message): void {
    // A connection that waits for the store is kept with pings (S-12).
    const first = ["welcome", "disconnect", "ping"];
    assert(this.#isWelcome || first.includes(message.type), `S-7: ${message.type} before welcome`);
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "reset":
        return this.#reset(message);
      case "notification":
      case "change":
        return this.#event(message);
      case "caughtUp":
        return this.#caughtUp(message);
    }
  }

  #welcome({ streams, counts }: Message): void {
    this.#isWelcome = true;
    this.counts = counts;
    for (const name of this.#streams.keys()) if (!(name in streams)) this.#streams.delete(name);
    for (const [name, { epoch, oldest }] of Object.entries<Message>(streams)) {
      const stream = this.#streams.get(name);
      if (stream !== undefined && stream.epoch === epoch) dropBelow(stream, oldest);
      else this.#streams.set(name, made());
    }
  }

  #reset({ stream: name, items, epoch, seq, counts }: Message): void {
    this.counts = counts;
    assert(items.length <= 50, "E-5: more than 50 items");
    const seqs = items.map((item: Message) => item["seq"]);
    assert.deepEqual(seqs, [...seqs].sort((a, b) => b - a), "E-5: not newest first");
    const stream = made();
    for (const item of items) stream.items.set(item.seq, item);
    this.#streams.set(name, Object.assign(stream, { epoch, seq, isUpToDate: true }));
  }

  #event(message: Message): void {
    const { stream: name, seq, live, counts, oldest } = message;
    const stream = this.#of(name);
    const what = `${name} ${seq} after ${stream.seq}`;
    if (live) {
      assert(!stream.isCatchingUp, `E-3: live before caughtUp: ${what}`);
      assert.equal(seq, stream.seq + 1, `E-7: a hole: ${what}`);
      stream.isUpToDate = true;
    } else {
      assert(seq > stream.seq, `E-6: not ascending: ${what}`);
      stream.isCatchingUp = true;
      stream.isUpToDate = false;
    }
    const number = `${name} ${stream.epoch} ${seq}`;
    assert(!this.#had.has(number), `E-8: twice: ${number}`);
    this.#had.add(number);
    stream.seq = seq;
    this.counts = counts;
    if (message.type === "notification") stream.items.set(seq, { ...message["item"], seq });
    else this.#change(message);
    if (oldest !== undefined) dropBelow(stream, oldest);
  }

  #change({ stream: name, op, items, upTo, target }: Message): void {
    if (op === "leave") {
      this.#streams.delete(target);
      return;
    }
    const of = this.#streams.get(target ?? name);
    if (of === undefined || op === "join") return;
    for (const [seq, item] of of.items) {
      const isNamed = upTo === undefined ? items.includes(seq) : seq <= upTo;
      if (!isNamed) continue;
      const flags = FLAGS[op];
      if (flags === undefined) of.items.delete(seq);
      else of.items.set(seq, { ...item, ...flags });
    }
  }

  #caughtUp({ stream: name, seq, oldest, counts }: Message): void {
    const stream = this.#of(name);
    assert(seq >= stream.seq, `E-3: caughtUp goes back in ${name}`);
    Object.assign(stream, { seq, isCatchingUp: false, isUpToDate: true });
    this.counts = counts;
    if (oldest !== undefined) dropBelow(stream, oldest);
  }

  #of(name: string): Stream {
    const stream = this.#streams.get(name);
    assert(stream !== undefined && stream.epoch !== "", `E-2: ${name} does not begin with a reset`);
    return stream;
  }
}

/** What is not here takes the item away. */
const FLAGS: Readonly<Record<string, Record<string, boolean>>> = {
  read: { read: true },
  unread: { read: false },
  archive: { archived: true },
  unarchive: { archived: false },
  seen: { seen: true },
};

function made(): Stream {
  return { epoch: "", seq: 0, isCatchingUp: false, isUpToDate: false, items: new Map() };
}

function dropBelow({ items }: Stream, oldest: number): void {
  for (const seq of items.keys()) if (seq < oldest) items.delete(seq);
}
