import { type Clock, repeat, type Timer } from "../clock.ts";
import type { OnError } from "../feeds/error_reports.ts";
import type { Feed } from "../feeds/feed.ts";
import { exceedsKvLimits, isLocked, kvFailed } from "./failures.ts";
import type { Kv, KvCommitted, KvKey, KvListed, KvOperation, KvRange, KvRow } from "./kv.ts";
import { hasCode } from "../errors.ts";

/** Whether the KV answers. */
export interface KvHealth {
  readonly isAway: boolean;
}

export interface MonitoredKvOptions {
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
 * Ticks without an answer, some three seconds, after which the KV is away. With fewer, a KV whose disk or
 * machine is busy would count as away.
 */
const QUIET_TICKS = 12;
/** Ticks after which another probe goes out where the last one has no answer yet. */
const PROBE_AFTER_TICKS = 8;
/** Ticks between a probe that failed and the next one. */
const PROBE_AGAIN_TICKS = 2;

type Kind = "read" | "commit";

/**
 * Tells from the answers of another {@link Kv} whether it is away, so that callers need not wait for a
 * deadline: a call has failed, or no call has been answered for three seconds. While it is away, it is
 * probed even without traffic, so that its return is noticed at once.
 *
 * A KV that reads but can't write, for instance to a full disk, is away too. A pause of the process does
 * not count as silence of the KV: time is counted in timer ticks of this isolate, not by a clock.
 */
export class MonitoredKv implements Kv, KvHealth {
  readonly #kv: Kv;
  readonly #options: MonitoredKvOptions;
  #timer: Timer | undefined;
  #ticks = 0;
  /** Answers so far. */
  readonly #answered: Record<Kind, number> = { read: 0, commit: 0 };
  /** The tick of the first call since the last answer. */
  #waitingSince: number | undefined;
  #failed: Kind | undefined;
  #quiet = false;
  /** The tick from which on the next probe may go out. */
  #probeAt = 0;

  constructor(kv: Kv, options: MonitoredKvOptions) {
    this.#kv = kv;
    this.#options = options;
  }

  get isAway(): boolean {
    return this.#failed !== undefined || this.#quiet;
  }

  /** Starts to look for silence; before, and after {@link stop}, only failed calls tell. */
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
      // The KV has answered: these errors are about the call, or about another writer.
      if (exceedsKvLimits(error) || isLocked(error)) throw error;
      const now = this.#answered;
      const others = kind === "commit"
        ? now.commit > commit
        : now.commit + now.read > commit + read;
      if (!others) this.#note(() => this.#failed = kind === "commit" ? kind : this.#failed ?? kind);
      throw hasCode(error, "unavailable") ? error : kvFailed(call, error);
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
    // The outcome is noticed like that of any other call.
    probe(this, this.#options.instance).catch(() => {
      this.#probeAt = Math.min(this.#probeAt, this.#ticks + PROBE_AGAIN_TICKS);
    });
  }
}

/** Whether the KV takes a write and gives it back; rejects where it does not. */
export async function probe(kv: Kv, instance: string): Promise<void> {
  const key: KvKey = ["probe", instance];
  const value = crypto.getRandomValues(new Uint8Array(8));
  await kv.commit({ checks: [], mutations: [{ kind: "set", key, value, expireIn: 3_600_000 }] });
  const row = await kv.get(key);
  if (row.value?.join() !== value.join()) {
    throw new Error("The KV does not give back what it had just accepted");
  }
}
