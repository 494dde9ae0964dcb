import type { UserId } from "../domain/stream_name.ts";
import type { ConnectionLimiter } from "../gateway/session/connection_limiter.ts";

/** Bytes of shared memory that the seats of so many workers need. */
export function seatsBytes(workers: number): number {
  return (1 + workers) * Int32Array.BYTES_PER_ELEMENT;
}

export interface SharedPlacesOptions {
  /** The seats that are taken: of all workers, then of each. */
  readonly seats: SharedArrayBuffer;
  /** A number from 0 on, of this worker alone. */
  readonly worker: number;
  readonly max: number;
  /** Asks the main isolate, which counts the users' places. */
  readonly acquireUserSlot: (user: UserId) => Promise<boolean>;
  readonly releaseUserSlot: (user: UserId) => void;
}

/**
 * A worker's share in the places of the process. Seats are counted in shared memory, as a connection
 * has to be told at once; a user's places by the main isolate, which can give them back for a worker
 * that has died.
 */
export class SharedPlaces implements ConnectionLimiter {
  readonly acquireUserSlot: (user: UserId) => Promise<boolean>;
  readonly releaseUserSlot: (user: UserId) => void;
  readonly #seats: Int32Array<SharedArrayBuffer>;
  readonly #own: number;
  readonly #max: number;

  constructor({ seats, worker, max, acquireUserSlot, releaseUserSlot }: SharedPlacesOptions) {
    this.#seats = new Int32Array(seats);
    this.#own = 1 + worker;
    this.#max = max;
    this.acquireUserSlot = acquireUserSlot;
    this.releaseUserSlot = releaseUserSlot;
  }

  acquireSlot(): boolean {
    for (;;) {
      const taken = Atomics.load(this.#seats, 0);
      if (taken >= this.#max) return false;
      if (Atomics.compareExchange(this.#seats, 0, taken, taken + 1) !== taken) continue;
      Atomics.add(this.#seats, this.#own, 1);
      return true;
    }
  }

  releaseSlot(): void {
    Atomics.sub(this.#seats, this.#own, 1);
    Atomics.sub(this.#seats, 0, 1);
  }

  /** Gives back all seats of a worker that has died. */
  static vacate(seats: SharedArrayBuffer, worker: number): void {
    const all = new Int32Array(seats);
    Atomics.sub(all, 0, Atomics.exchange(all, 1 + worker, 0));
  }
}
