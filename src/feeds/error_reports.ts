import type { Clock } from "../clock.ts";

/** Takes an error. It never throws, so that it can be called from anywhere. */
export type OnError = (error: unknown) => void;

/** A failure of background work, which has no caller. The cause is what was thrown. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly more: number;

  /**
   * @param job the work that failed
   * @param more how many times the same has failed since the last report
   */
  constructor(readonly job: string, { cause, more }: { cause: unknown; more: number }) {
    super(more === 0 ? job : `${job} (and ${more} more times since the last report)`, { cause });
    this.more = more;
    // The stack of the cause shows which code failed.
    if (cause instanceof Error && cause.stack !== undefined) this.stack = cause.stack;
  }
}

/** Reports of the same job are at least so many milliseconds apart. */
const QUIET_MS = 10_000;

/**
 * Reports failures of listeners, timers and rows that cannot be read: each job at most once in ten seconds,
 * with the number of left-out reports. A report that fails is dropped.
 *
 * @example
 * ```ts
 * const reports = new ErrorReports(({ job }) => log.error("background.failed", { job }), clock);
 * const commits = new Feed<Commit>(reports.of("listeners of commits"));
 * ```
 */
export class ErrorReports {
  readonly #report: (failure: Failure) => void;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #kinds = new Map<string, OnError>();

  /** @param report may throw */
  constructor(report: (failure: Failure) => void, clock: Pick<Clock, "monotonic">) {
    this.#report = (failure) => {
      try {
        report(failure);
      } catch {
        // A failure of the reporter itself cannot be reported.
      }
    };
    this.#clock = clock;
  }

  /** @param job a constant that names the work; one of few, since each is kept */
  of(job: string): OnError {
    let kind = this.#kinds.get(job);
    if (kind === undefined) this.#kinds.set(job, kind = this.#limited(job));
    return kind;
  }

  #limited(job: string): OnError {
    let quietUntil = -Infinity;
    let more = 0;
    return (cause) => {
      const now = this.#clock.monotonic();
      if (now < quietUntil) {
        more++;
        return;
      }
      quietUntil = now + QUIET_MS;
      this.#report(new Failure(job, { cause, more }));
      more = 0;
    };
  }
}
