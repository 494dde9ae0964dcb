import { type Clock, within } from "../clock.ts";
import type { Readiness } from "./operations.ts";
import type { Kv } from "../kv/kv.ts";
import { isLocked } from "../kv/failures.ts";
import { type KvHealth, probe } from "../kv/health.ts";

/** An answer is good for so long: anybody may ask, and each look is a commit. */
const FRESH_MS = 1_000;
/** Whoever asks does not wait longer; by then a KV that is away is known to be. */
const LOOK_MS = 4_000;
const READY: Readiness = { ok: true };

const AWAY: Readiness = { ok: false, reason: "The store does not answer" };

/**
 * Says whether an instance can do its work: it is not stopping, and the KV takes and gives a row, or is
 * only slow.
 */
export class ReadinessCheck {
  readonly #kv: Kv & KvHealth;
  readonly #clock: Clock;
  readonly #instance: string;
  readonly #fault: () => string | undefined;
  /** The last look, and when it was over; it never is while one is under way. */
  #last: { readonly answer: Promise<Readiness>; until: number } | undefined;
  #leaving = false;
  #stopping = false;

  /** @param options `fault`: why nothing that is written is kept, if that is so */
  constructor(
    { kv, clock, instance, fault = () => undefined }: {
      kv: Kv & KvHealth;
      clock: Clock;
      instance: string;
      fault?: (() => string | undefined) | undefined;
    },
  ) {
    this.#fault = fault;
    this.#kv = kv;
    this.#clock = clock;
    this.#instance = instance;
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  /** From now on it is not ready, though it goes on serving: proxies need time to take note. */
  leave(): void {
    this.#leaving = true;
  }

  /** From now on it takes no new connections either. */
  stopping(): void {
    this.#leaving = true;
    this.#stopping = true;
  }

  check(): Promise<Readiness> {
    if (this.#leaving) return Promise.resolve({ ok: false, reason: "The service is stopping" });
    const fault = this.#fault();
    if (fault !== undefined) return Promise.resolve({ ok: false, reason: fault });
    // A look would only wait for what won't come.
    if (this.#kv.isAway) return Promise.resolve(AWAY);
    const last = this.#last;
    const isFresh = last !== undefined && this.#clock.monotonic() - last.until <= FRESH_MS;
    if (last !== undefined && isFresh) return last.answer;
    const look = { until: Infinity, answer: this.#look() };
    void look.answer.then(() => look.until = this.#clock.monotonic());
    this.#last = look;
    return look.answer;
  }

  async #look(): Promise<Readiness> {
    try {
      await within(this.#clock, LOOK_MS, probe(this.#kv, this.#instance));
    } catch (error) {
      // A neighbour that writes the same file is no outage.
      if (!isLocked(error)) return AWAY;
    }
    // A store that is slow answers others meanwhile: then its answers are slow, and nothing is away.
    return this.#kv.isAway ? AWAY : READY;
  }
}
