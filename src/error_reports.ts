import type { Clock } from "./clock.ts";

/** Takes an error. It never throws, so that it can be called from anywhere. */
export type OnError = (error: unknown) => void;

/** Part of the service failed where no caller could be told. The cause says what was thrown. */
export class Failure extends Error {
  override readonly name = "Failure";

  /** @param more how many times the same part has failed since the last report */
  constructor(what: string, { cause, more }: { cause: unknown; more: number }) {
    super(more === 0 ? what : `${what} (and ${more} more times since the last report)`, { cause });
    // The place that threw is what a reader of the log looks for.
    if (cause instanceof Error && cause.stack !== undefined) this.stack = cause.stack;
  }
}

/** The same failure is reported once in so many milliseconds. */
const QUIET_MS = 10_000;

/**
 * Reports failures of listeners, of timers and of rows that cannot be read: each kind at most once in
 * ten seconds, with the number of those that were left out. A report that fails itself is dropped.
 *
 * @example
 * ```ts
 * const reports = new ErrorReports((error) => log.error("background.failed", { error }), clock);
 * const commits = new Feed<Commit>(reports.of("A listener of commits failed"));
 * ```
 */
export class ErrorReports {
  readonly #report: OnError;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #kinds = new Map<string, OnError>();

  /** @param report may throw */
  constructor(report: (error: unknown) => void, clock: Pick<Clock, "monotonic">) {
    this.#report = (error) => {
      try {
        report(error);
      } catch {
        // The reporter is the last resort: there is nothing else to tell.
      }
    };
    this.#clock = clock;
  }

  /** Reports every error as it is; for work that is tried again later and says so itself. */
  get each(): OnError {
    return this.#report;
  }

  /** @param what a constant sentence that says what failed; one of few, since each is kept */
  of(what: string): OnError {
    let kind = this.#kinds.get(what);
    if (kind === undefined) this.#kinds.set(what, kind = this.#limited(what));
    return kind;
  }

  #limited(what: string): OnError {
    let quietUntil = -Infinity;
    let more = 0;
    return (cause) => {
      const now = this.#clock.monotonic();
      if (now < quietUntil) {
        more++;
        return;
      }
      quietUntil = now + QUIET_MS;
      this.#report(new Failure(what, { cause, more }));
      more = 0;
    };
  }
}
