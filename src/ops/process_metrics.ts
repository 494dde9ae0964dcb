import type { Metrics } from "./metrics.ts";

/** Registers the metrics of the process: versions, start time and memory. */
export function processMetrics(metrics: Metrics, { version }: { version: string }): void {
  const started = Date.now() / 1000;
  metrics.gauge("bellwire_build_info", "Always 1; the labels are the running versions", () => 1, {
    version,
    deno: Deno.version.deno,
  });
  metrics.gauge(
    "bellwire_start_time_seconds",
    "Start time of the process, in Unix time",
    () => started,
  );
  metrics.gauge(
    "bellwire_resident_memory_bytes",
    "Resident memory of the process",
    () => Deno.memoryUsage().rss,
  );
  metrics.gauge(
    "bellwire_heap_used_bytes",
    "JavaScript heap in use by this process",
    () => Deno.memoryUsage().heapUsed,
  );
}
