import type { Log } from "./log.ts";

/**
 * Logs uncaught errors instead of ending the isolate: a bug in one place must not cut thousands of
 * connections.
 */
export function outliveBugs(log: Log): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("rejection.unhandled", { error: event.reason });
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    log.error("error.uncaught", { error: event.error });
  });
}
