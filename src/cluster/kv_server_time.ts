import type { Clock } from "../clock.ts";
import type { ReferenceClock } from "./shared_clock.ts";

const WITHIN_MS = 3_000;

/**
 * The clock of a KV server, as the `Date` of whatever it answers to a plain request shows it (RFC 9110,
 * 6.6.1). No credentials are sent: that it refuses the request does no harm.
 */
export class KvServerTime implements ReferenceClock {
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
      if (Number.isNaN(time)) throw new Error("The KV server's answers bear no date");
      return time;
    } finally {
      timer.cancel();
    }
  }
}
