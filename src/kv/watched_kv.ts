import { type Clock, repeat, type Timer } from "../clock.ts";
import type { OnError } from "../feeds/error_reports.ts";
import type { Feed } from "../feeds/feed.ts";
import { probe } from "../store/database.ts";
import { KvTimeout } from "./deadline_kv.ts";
import { exceedsKvLimits } from "./hopeless.ts";
import type { Kv, KvCommitted, KvKey, KvListed, KvOperation, KvRange, KvRow } from "./kv.ts";
import { isLocked } from "./deno/locked.ts";
import { KvFailed } from "./outage.ts";

/** Knows whether the KV is away. */
export interface KvHealth {
  readonly isAway: boolean;
}

export interface WatchedKvOptions {
  readonly clock: Clock;
  /** Under which the probes of this instance are written. */
  readonly instance: string;
  /** Told `true` when the KV turns out to be away, and `false` when it is back. */
  readonly changes: Feed<boolean>;
  /** Takes what the timer throws. */
  readonly onError: OnError;
}

const TICK_MS = 250;
/**
 * So many ticks without any answer to what was asked, some three seconds, and the KV is away. Less
 * would take a store for away whose disk, or whose machine, is busy with something else.
 */
const QUIET_TICKS = 12;
/** An answer to a probe is waited for so long before another one goes out beside it, … */
const PROBE_AFTER_TICKS = 8;
/** … and after one that failed so long. */
const PROBE_AGAIN_TICKS = 2;

type Kind = "read" | "commit";

/**
 * Sees from the answers of another {@link Kv} whether it is away, so that nobody has to wait for what
 * won't come: a call has failed, or nothing at all has been answered for three seconds. While it is away it
 * is asked again and again, traffic or none, so that its return is noticed at once.
 *
 * A KV that still reads and can't write, for instance to a full disk, is away too. The pause of a
 * process counts for nothing: time is counted in turns of this isolate, not by a clock.
 */
export class WatchedKv implements Kv, KvHealth {
  readonly #kv: Kv;
  readonly #options: WatchedKvOptions;
  #timer: Timer | undefined;
  #ticks = 0;
  /** Answers so far. */
  readonly #answered: Record<Kind, number> = { read: 0, commit: 0 };
  /** The tick at which the first call went out that nothing has been answered after. */
  #waitingSince: number | undefined;
  #failed: Kind | undefined;
  #quiet = false;
  /** The tick from which on the next probe may go out. */
  #probeAt = 0;

  constructor(kv: Kv, options: WatchedKvOptions) {
    this.#kv = kv;
    this.#options = options;
  }

  get isAway(): boolean {
    return this.#failed !== undefined || this.#quiet;
  }

  /** Begins to watch the time; before, and after {@link stop}, only failures tell. */
  start(): void {
    const { clock, onError } = this.#options;
    this.#timer = repeat(clock, TICK_MS, () => this.#tick(), onError);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#watch("read", "get", this.#kv.get(key));
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#watch("read", "getMany", this.#kv.getMany(keys));
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#watch("read", "list", this.#kv.list(range, options));
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#watch("commit", "commit", this.#kv.commit(operation));
  }

  close(): void {
    this.#kv.close();
  }

  async #watch<T>(kind: Kind, call: string, answer: Promise<T>): Promise<T> {
    this.#waitingSince ??= this.#ticks;
    const { read, commit } = this.#answered;
    try {
      const value = await answer;
      this.#noteAnswer(kind);
      return value;
    } catch (error) {
      // These say something about the call, or about a neighbour, and that there is a KV.
      if (exceedsKvLimits(error) || isLocked(error)) throw error;
      const now = this.#answered;
      const others = kind === "commit"
        ? now.commit > commit
        : now.commit + now.read > commit + read;
      if (!others) this.#note(() => this.#failed = kind === "commit" ? kind : this.#failed ?? kind);
      throw error instanceof KvTimeout ? error : new KvFailed(call, error);
    }
  }

  #noteAnswer(kind: Kind): void {
    this.#answered[kind]++;
    this.#waitingSince = undefined;
    if (!this.isAway) return;
    this.#note(() => {
      this.#quiet = false;
      if (kind === "commit" || this.#failed === "read") this.#failed = undefined;
    });
  }

  #note(change: () => void): void {
    const before = this.isAway;
    change();
    if (this.isAway !== before) this.#options.changes.emit(this.isAway);
  }

  #tick(): void {
    this.#ticks++;
    if (this.#ticks - (this.#waitingSince ?? this.#ticks) >= QUIET_TICKS) {
      this.#note(() => this.#quiet = true);
    }
    if (this.isAway && this.#ticks >= this.#probeAt) this.#probe();
  }

  #probe(): void {
    this.#probeAt = this.#ticks + PROBE_AFTER_TICKS;
    // What becomes of it is seen like that of any other call.
    probe(this, this.#options.instance).catch(() => {
      this.#probeAt = Math.min(this.#probeAt, this.#ticks + PROBE_AGAIN_TICKS);
    });
  }
}
