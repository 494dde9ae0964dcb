import type { CommitTurns } from "../kv/deno/write_lock.ts";

/** Bytes of shared memory that {@link Turns} need. */
export const TURNS_BYTES = 4;

/** The lowest three bits of the word are the state; those above are the owner's number plus one. */
const FREE = 0;
const TAKEN = 1;
/** Taken, and a worker may be waiting. */
const WANTED = 2;
/** Taken, and a worker has waited longer than {@link PATIENCE_MS}. */
const OVERDUE = 3;
/** Free, but reserved for a waiting worker that was woken. */
const PROMISED = 4;
const STATE = 7;
const OWNER = 8;

/**
 * A worker that has waited for so many milliseconds gets the next turn. Until then the owner may keep the
 * turn while it goes on writing: handing it over takes about as long as a commit.
 */
const PATIENCE_MS = 5;

/** A reservation for a worker that has died meanwhile ends after so many milliseconds. */
const PROMISE_MS = 20;
/** A worker that has waited for so many milliseconds takes the turn: its owner has died, or hangs. */
const TAKE_OVER_MS = 500;
/** How many tasks of one worker may begin within its turn while others wait. */
const TASKS_MAX = 4;

/**
 * Lets one worker of a process at a time do something, such as writing the SQLite file they share, by
 * one word of shared memory. Waiting blocks no thread. The turn goes to the worker that has waited longest,
 * so that a busy neighbour starves none.
 *
 * Within a worker's turn several of its tasks may run at the same time.
 *
 * Turns avoid collisions but do not exclude them: a turn that lasts too long is taken over, so that a
 * worker that hangs or has died does not hold up the others for long.
 */
export class Turns implements CommitTurns {
  readonly #word: Int32Array<SharedArrayBuffer>;
  readonly #owner: number;
  /** Tasks that run in this turn, and tasks that have begun in it. */
  #running = 0;
  #begun = 0;
  readonly #waiting: (() => void)[] = [];
  #isAsking = false;

  /** @param worker this worker's number, from 0 */
  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#word = new Int32Array(memory, 0, 1);
    this.#owner = ownerOf(worker);
  }

  /** Runs a task in a turn of this worker; settles as the task does. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running > 0 && this.#mayBegin()) this.#begin();
    else await this.#next();
    try {
      return await task();
    } finally {
      this.#running--;
      if (this.#running === 0) this.#release();
    }
  }

  /** Ends the turn of a worker that has died in it. */
  static endOf(memory: SharedArrayBuffer, worker: number): void {
    const word = new Int32Array(memory, 0, 1);
    const now = Atomics.load(word, 0);
    if ((now & ~STATE) !== ownerOf(worker)) return;
    // The owner is dead, and other workers only ever note that they wait.
    Atomics.store(word, 0, FREE);
    Atomics.notify(word, 0);
  }

  #mayBegin(): boolean {
    if (this.#waiting.length > 0) return false;
    return this.#begun < TASKS_MAX || (Atomics.load(this.#word, 0) & STATE) === TAKEN;
  }

  #begin(): void {
    this.#running++;
    this.#begun++;
  }

  /** Resolves in the next turn, as a task that runs in it. */
  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#running === 0) void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    await this.#acquire();
    this.#isAsking = false;
    this.#begun = 0;
    for (const start of this.#waiting.splice(0, TASKS_MAX)) {
      this.#begin();
      start();
    }
  }

  async #acquire(): Promise<void> {
    const word = this.#word;
    const since = performance.now();
    let mine = TAKEN;
    let wasWoken = false;
    for (;;) {
      const now = Atomics.load(word, 0);
      const state = now & STATE;
      const waited = performance.now() - since;
      if (state === FREE || (state === PROMISED && wasWoken) || waited > TAKE_OVER_MS) {
        if (Atomics.compareExchange(word, 0, now, this.#owner | mine) === now) return;
        continue;
      }
      let seen = now;
      if (state === TAKEN || state === WANTED) {
        seen = (now & ~STATE) | (waited > PATIENCE_MS ? OVERDUE : WANTED);
        if (seen !== now && Atomics.compareExchange(word, 0, now, seen) !== now) continue;
      }
      const ms = state === PROMISED
        ? PROMISE_MS
        : (seen & STATE) === WANTED
        ? PATIENCE_MS
        : TAKE_OVER_MS;
      const { async, value } = Atomics.waitAsync(word, 0, seen, ms);
      if (!async) continue;
      // Other workers may wait too: the next release has to check.
      mine = WANTED;
      wasWoken = await value === "ok" || state === PROMISED;
    }
  }

  #release(): void {
    for (;;) {
      const now = Atomics.load(this.#word, 0);
      // Others have taken the turn over.
      if ((now & ~STATE) !== this.#owner) break;
      const isPromised = (now & STATE) === OVERDUE;
      const next = isPromised ? PROMISED : FREE;
      if (Atomics.compareExchange(this.#word, 0, now, next) !== now) continue;
      const woken = (now & STATE) === TAKEN ? 0 : Atomics.notify(this.#word, 0, 1);
      if (isPromised && woken === 0) Atomics.compareExchange(this.#word, 0, PROMISED, FREE);
      break;
    }
    if (this.#waiting.length > 0) void this.#ask();
  }
}

function ownerOf(worker: number): number {
  return (worker + 1) * OWNER;
}
