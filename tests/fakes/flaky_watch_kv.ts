import type { Clock } from "../../src/clock.ts";
import type {
  KeyWatcher,
  Kv,
  KvCommitted,
  KvKey,
  KvListed,
  KvOperation,
  KvRange,
  KvRow,
} from "../../src/kv/kv.ts";
import type { SeededRandom } from "../simulation/support/seeded_random.ts";

/** A call to a watcher is at most so many milliseconds late; one in so many is lost. */
const DELAY_MAX_MS = 60;
const LOST_ONE_IN = 6;

/** A {@link Kv} whose watches tell of a write late, of several at once, or not at all. */
export class FlakyWatchKv implements Kv, KeyWatcher {
  readonly #kv: Kv;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  /** By key, as JSON. */
  readonly #listeners = new Map<string, () => void>();
  /** What their keys begin with: most keys have no watcher. */
  readonly #kinds = new Set<KvKey[number] | undefined>();
  readonly #onTheWay = new Set<string>();

  constructor(kv: Kv, { clock, random }: { clock: Clock; random: SeededRandom }) {
    this.#kv = kv;
    this.#clock = clock;
    this.#random = random;
  }

  watch(key: KvKey, onChange: () => void): { stop(): void } {
    const name = JSON.stringify(key);
    this.#listeners.set(name, onChange);
    this.#kinds.add(key[0]);
    // What is there already is told first, as a watch does.
    this.#soon(name);
    return { stop: () => void this.#listeners.delete(name) };
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#kv.get(key);
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#kv.getMany(keys);
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#kv.list(range, options);
  }

  async commit(operation: KvOperation): Promise<KvCommitted> {
    const answer = await this.#kv.commit(operation);
    for (const { key } of answer.ok ? operation.mutations : []) {
      if (!this.#kinds.has(key[0])) continue;
      const name = JSON.stringify(key);
      if (this.#listeners.has(name) && this.#random.integer(1, LOST_ONE_IN) > 1) this.#soon(name);
    }
    return answer;
  }

  /** Does nothing: others have it open too. */
  close(): void {}

  #soon(name: string): void {
    if (this.#onTheWay.has(name)) return;
    this.#onTheWay.add(name);
    this.#clock.after(this.#random.integer(0, DELAY_MAX_MS), () => {
      this.#onTheWay.delete(name);
      this.#listeners.get(name)?.();
    });
  }
}
