import { ErrorReports } from "../../src/feeds/error_reports.ts";

/** For what must not fail in a test: the error becomes the test's own. */
export function unexpected(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Reports whose errors fail the test. */
export const noReports: ErrorReports = new ErrorReports(unexpected, { monotonic: () => 0 });

/** Collects what is reported. */
export function collectReports(): { reports: ErrorReports; errors: unknown[] } {
  const errors: unknown[] = [];
  // Time stands still, so each kind is reported once.
  const reports = new ErrorReports((error) => errors.push(error), { monotonic: () => 0 });
  return { reports, errors };
}
