import { type Clock, deadline } from "../clock.ts";
import type { Metrics } from "../ops/metrics.ts";
import { kvTimeout } from "./failures.ts";
import type { Kv } from "./kv.ts";

/** A call of a {@link Kv}, by its name. */
export type KvCall = "get" | "getMany" | "list" | "commit";

/** No call takes so long unless something is wrong. */
const DEADLINE_MS = 5_000;

/** What every engine's KV is wrapped in: a deadline for each call, and metrics. */
export function wrapKv(kv: Kv, { clock, metrics }: { clock: Clock; metrics: Metrics }): Kv {
  return withMetrics(withDeadline(kv, { clock, ms: DEADLINE_MS }), metrics);
}

/** A KV that sends each call through a function, which may choose the KV, wait, look at the answer. */
export function sendThrough(
  send: <T>(run: (kv: Kv) => Promise<T>, call: KvCall) => Promise<T>,
  close: () => void,
): Kv {
  return {
    get: (key) => send((kv) => kv.get(key), "get"),
    getMany: (keys) => send((kv) => kv.getMany(keys), "getMany"),
    list: (range, options) => send((kv) => kv.list(range, options), "list"),
    commit: (operation) => send((kv) => kv.commit(operation), "commit"),
    close,
  };
}

/** The same KV with another `commit`. */
export function withCommit(kv: Kv, commit: Kv["commit"]): Kv {
  return { ...sendThrough((run) => run(kv), () => kv.close()), commit };
}

/**
 * Gives every call a deadline, after which it rejects with `unavailable`. Deno KV has no deadline and
 * can't cancel a call, so a call that is late goes on unobserved.
 *
 * @param options `ms`: milliseconds that a call may take
 */
export function withDeadline(kv: Kv, { clock, ms }: { clock: Clock; ms: number }): Kv {
  return sendThrough((run, call) => {
    const answer = run(kv);
    return new Promise((resolve, reject) => {
      const timer = deadline(clock, ms, () => reject(kvTimeout(call, ms)));
      answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }, () => kv.close());
}

function withMetrics(kv: Kv, metrics: Metrics): Kv {
  const labels = {
    get: { call: "get" },
    getMany: { call: "get_many" },
    list: { call: "list" },
    commit: { call: "commit" },
  };
  const duration = metrics.histogram(
    "bellwire_kv_call_duration_seconds",
    "Time that calls of the KV took, failed ones included",
    { known: Object.values(labels) },
  );
  return sendThrough(async (run, call) => {
    const started = performance.now();
    try {
      return await run(kv);
    } finally {
      duration.observe((performance.now() - started) / 1_000, labels[call]);
    }
  }, () => kv.close());
}
