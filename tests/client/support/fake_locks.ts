import type { Locks } from "../../../client/src/leader_election.ts";

/** Runs something in a tab a little later; never where the tab is gone by then. */
export type Later = (task: () => void) => void;

interface Request {
  readonly tab: object;
  readonly later: Later;
  readonly held: (lock: unknown) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The Web Locks of one browser: exclusive ones, with `steal`, `ifAvailable` and `signal`, in the order of asking. */
export class FakeLocks {
  readonly #held = new Map<string, Request>();
  readonly #queues = new Map<string, Request[]>();

  readonly #gone = new WeakSet<object>();

  /** Who holds a lock. */
  holder(name: string): object | undefined {
    return this.#held.get(name)?.tab;
  }

  /** `navigator.locks` of a tab. */
  of(tab: object, later: Later): Locks {
    return {
      request: (name, { steal = false, ifAvailable = false, signal }, held) =>
        new Promise((resolve, reject) => {
          // What a page that is gone still does, as its promises go on here, reaches nobody.
          if (this.#gone.has(tab)) return;
          if (ifAvailable && this.#held.has(name)) return later(() => resolve(held(null)));
          const request = { tab, later, held, resolve, reject };
          const queue = this.#queue(name);
          signal?.addEventListener("abort", () => {
            const at = queue.indexOf(request);
            if (at < 0) return;
            queue.splice(at, 1);
            later(() => reject(new DOMException("", "AbortError")));
          });
          if (!steal) queue.push(request);
          else {
            const robbed = this.#held.get(name);
            robbed?.later(() => robbed.reject(new DOMException("", "AbortError")));
            this.#grant(name, request);
          }
          this.#next(name);
        }),
    };
  }

  /** A tab is gone, and with it what it held and waited for. */
  drop(tab: object): void {
    this.#gone.add(tab);
    for (const [name, queue] of this.#queues) {
      this.#queues.set(name, queue.filter((request) => request.tab !== tab));
      if (this.#held.get(name)?.tab === tab) this.#held.delete(name);
      this.#next(name);
    }
  }

  #queue(name: string): Request[] {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    return queue;
  }

  #next(name: string): void {
    const request = this.#held.has(name) ? undefined : this.#queue(name).shift();
    if (request !== undefined) this.#grant(name, request);
  }

  #grant(name: string, request: Request): void {
    this.#held.set(name, request);
    const over = (settle: () => void) => {
      if (this.#held.get(name) === request) {
        this.#held.delete(name);
        this.#next(name);
      }
      settle();
    };
    request.later(() => {
      request.held({}).then(
        (value) => over(() => request.resolve(value)),
        (error) => over(() => request.reject(error)),
      );
    });
  }
}
