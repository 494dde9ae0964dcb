import { type Clock, repeat, type Timer } from "../clock.ts";
import type { StreamName } from "../domain/stream_name.ts";
import { knownFrom } from "../store/heads.ts";
import { keys } from "../store/keys.ts";
import type { Kv } from "../store/kv.ts";

/** How far a stream was at one look. */
interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export interface AntiEntropyOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly instance: () => string;
  /** Streams that have a device here. */
  readonly followed: () => readonly StreamName[];
  /** The devices here must be this far by now. */
  readonly expect: (stream: StreamName, position: Position) => void;
  /** The head does not say that the stream has a device here. */
  readonly unrouted: (stream: StreamName) => void;
  readonly onTrouble: (error: unknown) => void;
}

const LOOK_MS = 12_000;
/** Heads that are read at once. */
const GROUP = 10;

/**
 * Compares what was delivered with what there is, in case that mail was lost, or was never sent. A
 * device is held to what the look *before* showed, since mail takes its time.
 */
export class AntiEntropy {
  readonly #options: AntiEntropyOptions;
  #before = new Map<StreamName, Position>();
  #timer: Timer | undefined;

  constructor(options: AntiEntropyOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = repeat(this.#options.clock, LOOK_MS, () => this.#compare());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #compare(): Promise<void> {
    const { followed, expect, onTrouble } = this.#options;
    const now = new Map<StreamName, Position>();
    const streams = followed();
    try {
      for (let i = 0; i < streams.length; i += GROUP) {
        await this.#look(streams.slice(i, i + GROUP), now);
      }
    } catch (error) {
      onTrouble(error);
    }
    for (const [stream, position] of this.#before) {
      if (now.has(stream)) expect(stream, position);
    }
    this.#before = now;
  }

  async #look(streams: readonly StreamName[], found: Map<StreamName, Position>): Promise<void> {
    const { kv, instance, unrouted } = this.#options;
    const id = instance();
    const rows = await kv.getMany(streams.map((stream) => keys.head(stream)));
    rows.forEach((row, i) => {
      const stream = streams[i] as StreamName;
      const { head } = knownFrom(row);
      if (head === undefined) return;
      found.set(stream, { epoch: head.epoch, seq: head.seq });
      if (!head.routes.includes(id) && id === instance()) unrouted(stream);
    });
  }
}
