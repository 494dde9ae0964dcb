/** Metrics of the whole process, which every worker reports: their maximum is taken. */
const SHARED = [
  "bellwire_build_info",
  "bellwire_start_time_seconds",
  "bellwire_resident_memory_bytes",
  "bellwire_clock_skew_seconds",
];

/**
 * Merges the metrics of several workers: series with the same name and labels are added up, which is right
 * for counters, histograms and gauges that count something.
 *
 * @param texts in Prometheus' text format
 * @param known values of metrics without labels that cannot be added up
 */
export function mergeMetrics(
  texts: readonly string[],
  known: Readonly<Record<string, number>> = {},
): string {
  const metrics = new Map<string, { head: string; series: Map<string, number> }>();
  for (const text of texts) {
    for (const block of text.split(/^(?=# HELP )/m)) {
      const lines = block.split("\n").filter((line) => line !== "");
      const head = lines.filter((line) => line.startsWith("#")).join("\n");
      const name = lines[0]?.split(" ")[2];
      if (name === undefined) continue;
      let metric = metrics.get(name);
      if (metric === undefined) metrics.set(name, metric = { head, series: new Map() });
      for (const line of lines) {
        if (!line.startsWith("#")) add(metric.series, line, SHARED.includes(name));
      }
    }
  }
  let merged = "";
  for (const { head, series } of metrics.values()) {
    merged += `${head}\n`;
    for (const [name, value] of series) merged += `${name} ${known[name] ?? value}\n`;
  }
  return merged;
}

function add(series: Map<string, number>, line: string, isShared: boolean): void {
  const end = line.lastIndexOf(" ");
  const name = line.slice(0, end);
  const value = Number(line.slice(end + 1));
  const before = series.get(name);
  if (before === undefined) series.set(name, value);
  else series.set(name, isShared ? Math.max(before, value) : before + value);
}
