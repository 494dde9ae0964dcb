import type { Clock, Timer } from "../../src/clock.ts";
import type { KeyWatcher } from "../../src/kv/kv.ts";

/** When something comes over a machine: at the nth call to the KV from now on; 0 is at once. */
export interface Fuse {
  readonly afterCalls: number;
  /** Whether that call still goes out. */
  readonly reaches: boolean;
}

/**
 * What one instance runs on, from its start to its end. It can be killed, or stand still for as long
 * as it likes and go on as if nothing had been, at any call to the KV.
 *
 * All that comes in from outside (time, answers, messages) goes through {@link run}, and what goes out
 * asks {@link isDead}: so nothing of a dead instance is heard of any more, wherever it was.
 */
export class Machine {
  /** Its wall clock may be wrong, and its timers stand still when it does. */
  readonly clock: Clock;
  /** Its watches of keys tell nothing any more, without an error. */
  isDeaf = false;
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  /** What came in while it stood still: timers that ran out, and the rest, in order. */
  #held: { readonly timers: (() => void)[]; readonly rest: (() => void)[] } | undefined;
  #standing: Timer | undefined;
  #isDead = false;
  #fuse: (Fuse & { readonly then: () => void }) | undefined;
  readonly #onDeath: (() => void)[] = [];

  /** @param options `skewMs`: so far ahead is its wall clock; may be negative */
  constructor(clock: Clock, { skewMs }: { skewMs: number }) {
    this.#clock = clock;
    this.clock = {
      now: () => clock.now() + skewMs,
      monotonic: () => clock.monotonic(),
      after: (ms, task) => this.#after(ms, task),
    };
  }

  /** Nothing of it happens any more. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** It neither is dead nor stands still. */
  get isRunning(): boolean {
    return !this.#isDead && this.#held === undefined;
  }

  /** Lets something come in: at once, once it goes on, or never. */
  run(task: () => void): void {
    if (this.#isDead) return;
    if (this.#held === undefined) task();
    else this.#held.rest.push(task);
  }

  /** What comes in through the answer of a call. */
  answer<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.run(() => resolve(value)),
        (error) => this.run(() => reject(error)),
      );
    });
  }

  /** Has something done once it dies. */
  onDeath(task: () => void): void {
    this.#onDeath.push(task);
  }

  kill(fuse: Fuse): void {
    this.#light(fuse, () => this.#die());
  }

  /** Stops it for so long; what comes in meanwhile waits. */
  stopFor({ ms, afterCalls }: { ms: number; afterCalls: number }): void {
    this.#light({ afterCalls, reaches: true }, () => {
      if (!this.isRunning) return;
      this.#held = { timers: [], rest: [] };
      this.#standing = this.#clock.after(ms, () => this.goOn());
    });
  }

  /** Goes on, if it stands still: an event loop looks at its timers first. */
  goOn(): void {
    const held = this.#held;
    this.#held = undefined;
    this.#standing?.cancel();
    for (const task of [...held?.timers ?? [], ...held?.rest ?? []]) {
      this.#clock.after(0, () => this.run(task));
    }
  }

  /** What was to come over it does not. */
  defuse(): void {
    this.#fuse = undefined;
  }

  /** A call is about to go out; false where it must not. */
  calling(): boolean {
    if (this.#isDead) return false;
    const fuse = this.#fuse;
    if (fuse === undefined) return true;
    const afterCalls = fuse.afterCalls - 1;
    this.#fuse = { ...fuse, afterCalls };
    if (afterCalls > 0) return true;
    this.#fuse = undefined;
    fuse.then();
    // One that only stands still has sent what it was about to send.
    return fuse.reaches || !this.#isDead;
  }

  /** A watcher that calls back on this machine, unless it is deaf. */
  keyWatcher(watcher: KeyWatcher): KeyWatcher {
    return {
      watch: (key, onChange) =>
        watcher.watch(key, () => {
          if (!this.isDeaf) this.run(onChange);
        }),
    };
  }

  #light(fuse: Fuse, then: () => void): void {
    if (this.#isDead) return;
    if (fuse.afterCalls === 0) then();
    else this.#fuse = { ...fuse, then };
  }

  #die(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#held = undefined;
    this.#standing?.cancel();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const task of this.#onDeath) task();
  }

  #after(ms: number, task: () => void): Timer {
    if (this.#isDead) return { cancel: () => {} };
    let isOver = false;
    const timer = this.#clock.after(ms, () => {
      this.#timers.delete(timer);
      const run = () => {
        if (!isOver) task();
      };
      if (this.#held === undefined) run();
      else this.#held.timers.push(run);
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        isOver = true;
        timer.cancel();
        this.#timers.delete(timer);
      },
    };
  }
}
