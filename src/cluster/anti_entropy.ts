import { type Clock, repeat, type Timer } from "../clock.ts";
import type { StreamName } from "../domain/stream_name.ts";
import { guard } from "../feeds/feed.ts";
import { headFromRow } from "../store/head_cache.ts";
import { keys } from "../store/keys.ts";
import type { Kv } from "../kv/kv.ts";
import type { RowReader } from "../store/rows.ts";

/** The position of a stream at one look. */
interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export interface AntiEntropyOptions {
  readonly kv: Kv;
  readonly rows: RowReader;
  readonly clock: Clock;
  readonly instance: () => string;
  /** Streams that a device of this instance follows. */
  readonly followed: () => readonly StreamName[];
  /** Makes the devices catch up that have not reached this position. */
  readonly expect: (stream: StreamName, position: Position) => void;
  /** The stream's head has no route to this instance. */
  readonly unrouted: (stream: StreamName) => void;
  readonly onError: (error: unknown) => void;
}

const LOOK_MS = 12_000;
/** The pause between two requested looks. */
const AGAIN_MS = 1_000;
/** How many heads one call reads. */
const GROUP = 10;

/**
 * Compares what devices have received with the heads of their streams, in case that remote events were
 * lost or never sent. A device has to have reached the position of the look *before*, since events may
 * still be on their way.
 */
export class AntiEntropy {
  readonly #options: AntiEntropyOptions;
  #before = new Map<StreamName, Position>();
  #timer: Timer | undefined;
  /** A requested look. */
  #asked: Timer | undefined;
  #askedAt = -Infinity;

  constructor(options: AntiEntropyOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, onError } = this.#options;
    this.#timer = repeat(clock, LOOK_MS, () => this.#compare(), onError);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#asked?.cancel();
  }

  /**
   * Remote events were lost for certain: makes all devices catch up to the current positions, at most once
   * a second. Some of them read events that are still on their way.
   */
  compareSoon(): void {
    if (this.#asked !== undefined) return;
    const { clock, onError } = this.#options;
    const ms = Math.max(0, this.#askedAt + AGAIN_MS - clock.monotonic());
    this.#asked = clock.after(ms, () => {
      this.#asked = undefined;
      this.#askedAt = clock.monotonic();
      void this.#positions().then((now) => this.#expect(now)).catch(onError);
    });
  }

  async #compare(): Promise<void> {
    const now = await this.#positions();
    this.#expect([...this.#before].filter(([stream]) => now.has(stream)));
    this.#before = now;
  }

  #expect(positions: Iterable<readonly [StreamName, Position]>): void {
    const { expect, onError } = this.#options;
    for (const [stream, position] of positions) guard(onError, () => expect(stream, position));
  }

  async #positions(): Promise<Map<StreamName, Position>> {
    const { followed, onError } = this.#options;
    const now = new Map<StreamName, Position>();
    const streams = followed();
    try {
      for (let i = 0; i < streams.length; i += GROUP) {
        await this.#look(streams.slice(i, i + GROUP), now);
      }
    } catch (error) {
      onError(error);
    }
    return now;
  }

  async #look(streams: readonly StreamName[], found: Map<StreamName, Position>): Promise<void> {
    const { kv, rows, instance, unrouted } = this.#options;
    const id = instance();
    const heads = await kv.getMany(streams.map((stream) => keys.head(stream)));
    heads.forEach((row, i) => {
      const stream = streams[i] as StreamName;
      const head = rows.read(row, () => headFromRow(row).head);
      if (head === undefined) return;
      found.set(stream, { epoch: head.epoch, seq: head.seq });
      if (!head.routes.includes(id) && id === instance()) unrouted(stream);
    });
  }
}
