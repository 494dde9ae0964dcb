import type { Metrics } from "./metrics.ts";

/** Registers what can be said of the process as a whole. */
export function processMetrics(metrics: Metrics, { version }: { version: string }): void {
  const started = Date.now() / 1000;
  metrics.gauge("bellwire_build_info", "1, with the versions that run as labels", () => 1, {
    version,
    deno: Deno.version.deno,
  });
  metrics.gauge("bellwire_start_time_seconds", "When it started, in Unix time", () => started);
  metrics.gauge(
    "bellwire_resident_memory_bytes",
    "Memory that the process holds",
    () => Deno.memoryUsage().rss,
  );
  metrics.gauge(
    "bellwire_heap_used_bytes",
    "JavaScript heap in use",
    () => Deno.memoryUsage().heapUsed,
  );
}
