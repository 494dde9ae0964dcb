import type { Clock } from "../../src/clock.ts";
import type {
  Kv,
  KvCommitted,
  KvKey,
  KvListed,
  KvOperation,
  KvRange,
  KvRow,
} from "../../src/kv/kv.ts";
import type { SeededRandom } from "../simulation/support/seeded_random.ts";

/** What can become of a commit. */
export type CommitFate =
  | "fine"
  /** It fails, and is not applied. */
  | "refused"
  /** It is applied; instead of the answer comes an error. */
  | "answerLost"
  /** It is applied; the answer comes after any deadline. */
  | "answerLate"
  /** Nothing is heard of it; it is applied later, after others or after all others. */
  | "limbo"
  /** Nothing is heard of it, and it is never applied. */
  | "vanished"
  /** It is applied, and reported as a conflict: a layer below sent it twice. */
  | "falseConflict"
  /** It is not applied and reported as a conflict, although every check holds. */
  | "spuriousConflict"
  /** SQLite has another writer. */
  | "locked"
  /** The process may not open one more connection. */
  | "exhausted";

/** What can become of a read. */
export type ReadFate = Extract<CommitFate, "fine" | "refused" | "vanished" | "locked">;

/** How likely each fate is, in relation to the others. */
export interface Odds {
  readonly commit: Readonly<Record<CommitFate, number>>;
  readonly read: Readonly<Record<ReadFate, number>>;
}

export interface FaultyKvOptions {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly odds: Odds;
  /** For as long as nobody reaches the store: whether that is noticed, or calls simply hang. */
  readonly outage?: "refused" | "vanished" | undefined;
  /** Milliseconds that each way, to the store and back, takes at most when all is well. */
  readonly wayMax: number;
  /** Milliseconds that nobody waits for an answer any more. */
  readonly deadline: number;
}

/** So many deadlines after it was sent, an operation in limbo is applied at the latest. */
const LIMBO_DEADLINES = 30;

/** In the time of so many ways to the store a sender tries again, asks, and decides anew. */
const SOON_WAYS = 10;

/** A {@link Kv} that fails in every way that a store behind a network, or a locked file, can fail. */
export class FaultyKv implements Kv {
  /** What becomes of the next commits, before chance decides again; a limbo lasts until {@link land}. */
  readonly script: CommitFate[] = [];
  /** How often each fate was met, reads and commits together. */
  readonly met = new Map<CommitFate, number>();
  readonly #kv: Kv;
  readonly #options: FaultyKvOptions;
  /** Operations that nobody waits for and that are still to be applied. */
  readonly #limbo = new Set<() => void>();
  #outage = false;
  #calm = false;

  constructor(kv: Kv, options: FaultyKvOptions) {
    this.#kv = kv;
    this.#options = options;
  }

  /** From now on nothing fails any more; what is in limbo stays there. */
  calm(): void {
    this.#calm = true;
  }

  /** While it lasts, nothing that is sent reaches the store. */
  set outage(lasts: boolean) {
    this.#outage = lasts;
  }

  /** Applies everything that is in limbo, as far as its checks still pass. */
  land(): void {
    for (const apply of this.#limbo) apply();
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#read(() => this.#kv.get(key));
  }

  /** Reads the keys in their order, but not always at one moment: the port does not promise it. */
  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#read(async () => {
      const rows: KvRow[] = [];
      while (rows.length < keys.length) {
        if (rows.length > 0) await this.#way();
        const some = this.#options.random.integer(1, keys.length);
        rows.push(...await this.#kv.getMany(keys.slice(rows.length, rows.length + some)));
      }
      return rows;
    });
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#read(() => this.#kv.list(range, options));
  }

  async commit(operation: KvOperation): Promise<KvCommitted> {
    const scripted = this.script.shift();
    const fate = scripted ?? this.#fate(this.#options.odds.commit);
    await this.#way();
    switch (fate) {
      case "fine": {
        const answer = await this.#kv.commit(operation);
        await this.#way();
        return answer;
      }
      case "refused":
        throw new Error("connection refused");
      case "answerLost":
        await this.#kv.commit(operation);
        await this.#way();
        throw new Error("connection reset by peer");
      case "answerLate": {
        const answer = await this.#kv.commit(operation);
        await this.#wait(this.#options.deadline * 2);
        return answer;
      }
      case "limbo":
        this.#applyLater(operation, { onlyWhenTold: scripted !== undefined });
        return await never();
      case "vanished":
        return await never();
      case "falseConflict":
        await this.#kv.commit(operation);
        await this.#way();
        return { ok: false };
      case "spuriousConflict":
        return { ok: false };
      case "locked":
        throw locked();
      case "exhausted":
        throw new TypeError("error sending request: Too many open files (os error 24)");
    }
  }

  close(): void {
    this.#kv.close();
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    const fate = this.#fate(this.#options.odds.read);
    await this.#way();
    switch (fate) {
      case "fine": {
        const answer = await read();
        await this.#way();
        return answer;
      }
      case "refused":
        throw new Error("connection refused");
      case "vanished":
        return await never();
      case "locked":
        throw locked();
    }
  }

  #fate<F extends ReadFate | CommitFate>(odds: Readonly<Record<F, number>>): F {
    const fine = "fine" as F;
    const outage = this.#outage ? "vanished" : this.#options.outage;
    const fate = this.#calm
      ? fine
      : outage === undefined
      ? this.#options.random.weighted(odds, fine)
      : outage as F;
    this.met.set(fate, (this.met.get(fate) ?? 0) + 1);
    return fate;
  }

  #applyLater(operation: KvOperation, { onlyWhenTold }: { onlyWhenTold: boolean }): void {
    const { clock, random, deadline, wayMax } = this.#options;
    const apply = () => {
      // Nobody hears what became of it.
      if (this.#limbo.delete(apply)) this.#kv.commit(operation).catch(() => {});
    };
    this.#limbo.add(apply);
    if (onlyWhenTold) return;
    // Just when it has been given up, and the sender asks what became of it, is the worst moment.
    const isSoon = random.next() < 0.5;
    const [from, to] = isSoon
      ? [deadline, deadline + SOON_WAYS * wayMax]
      : [0, LIMBO_DEADLINES * deadline];
    clock.after(random.integer(from, to), apply);
  }

  #way(): Promise<void> {
    return this.#wait(this.#options.random.integer(0, this.#options.wayMax));
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(ms, resolve));
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** As Deno reports SQLITE_BUSY. */
function locked(): TypeError {
  return new TypeError("database is locked");
}
