import type { Clock } from "../../clock.ts";
import type { ReferenceClock } from "../kv.ts";

const WITHIN_MS = 3_000;

/**
 * The clock of a `denokv` server: the `Date` header of its answer to a plain request (RFC 9110, 6.6.1).
 * The request carries no credentials, and a refusal has a date too.
 */
export class KvServerClock implements ReferenceClock {
  readonly #url: string;
  readonly #clock: Clock;

  constructor(url: string, clock: Clock) {
    this.#url = url;
    this.#clock = clock;
  }

  async ask(): Promise<number> {
    const late = new AbortController();
    const timer = this.#clock.after(WITHIN_MS, () => late.abort());
    try {
      const { headers, body } = await fetch(this.#url, {
        method: "HEAD",
        redirect: "manual",
        signal: late.signal,
      });
      await body?.cancel();
      const time = Date.parse(headers.get("date") ?? "");
      if (Number.isNaN(time)) throw new Error("The KV server's answers have no date");
      return time;
    } finally {
      timer.cancel();
    }
  }
}
