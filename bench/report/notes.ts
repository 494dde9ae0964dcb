import type { RowShapes } from "../ceilings/row_shapes.ts";
import { disturbance, QUIET_CORES } from "../contenders/quiet.ts";
import type { Measure } from "../measures.ts";
import { shown } from "./numbers.ts";
import { median, type Runs } from "./runs.ts";
import { flaws } from "./table.ts";

const contenders = ["bellwire", "ceiling", "socketIo"] as const;

/** What has to be known to read the table, as a Markdown list. */
export function notes(
  measures: readonly Measure[],
  { runs, shapes, observed }: { runs: Runs; shapes: RowShapes; observed: boolean },
): string {
  const lines = [
    "- Ratios are ours to theirs; for the fan-out theirs to ours, so that more is faster.",
  ];
  if (measures.some(({ ceiling }) => ceiling === "kvRate" || ceiling === "kvLatency")) {
    lines.push(
      `- The ceiling of 1, 1b and 2 commits ${
        observed ? "rows as the service left them in its file" : "rows of assumed sizes"
      }: head ${shapes.headBytes} B, item ${shapes.itemBytes} B, publish ${shapes.publishBytes} B, marker ${shapes.markerBytes} B, at most ${shapes.headsPerCommit} heads a commit.`,
    );
  }
  if (measures.some(({ ceiling }) => ceiling === "denokvRate")) {
    lines.push(
      "- The ceiling of c3 and c3b commits rows of those sizes to a denokv server as fast as it takes them: 10 heads a commit, 6 commits at a time, from one process without HTTP.",
    );
  }
  const movers = measures.filter((measure) => runs.total(measure, "bellwire", "moved") > 0);
  for (const measure of movers) {
    lines.push(
      `- ${measure.id}, all runs: ${runs.total(measure, "bellwire", "moved")} clients had to move.`,
    );
  }
  for (const measure of measures) {
    if (runs.of(measure, "bellwire").length === 0) continue;
    const found = flaws.map((flaw) => `${runs.total(measure, "bellwire", flaw)} ${flaw}`);
    const received = runs.total(measure, "bellwire", "received");
    if (measure.work !== "start" && measure.work !== "idleMemory") {
      const of = received === 0 ? "" : `, ${received.toLocaleString("en-GB")} received`;
      lines.push(`- ${measure.id}, all runs of Bellwire: ${found.join(", ")}${of}.`);
    }
  }
  for (const measure of measures) {
    const late = runs.of(measure, "bellwire")
      .map((result) => [result.sentLateP50 ?? NaN, result.sentLateP99 ?? NaN] as const)
      .filter(([p50]) => !Number.isNaN(p50));
    if (late.length === 0) continue;
    const of = (index: 0 | 1) =>
      shown(median(late.map((pair) => pair[index]).sort((a, b) => a - b)));
    lines.push(
      `- ${measure.id}: the generator itself sent ${of(0)} ms (p50) and ${
        of(1)
      } ms (p99) late, which is part of the latencies.`,
    );
  }
  lines.push(...onQuiet(measures, runs));
  for (const failure of runs.failures) lines.push(`- FAILED ${failure.replaceAll("\n", " ")}`);
  return lines.join("\n");
}

function onQuiet(measures: readonly Measure[], runs: Runs): string[] {
  const others = measures.flatMap((measure) =>
    contenders.flatMap((contender) => runs.of(measure, contender).map(disturbance))
  );
  const busy = others.filter((cores) => cores > QUIET_CORES).length;
  const most = Math.max(0, ...others).toFixed(1);
  const lines = [
    busy === 0
      ? "- The machine was quiet: others used no more than a tenth of a core in any run."
      : `- THE MACHINE WAS NOT QUIET: in ${busy} of ${others.length} runs others used more than a tenth of a core, up to ${most}. Run it again before you believe it.`,
  ];
  if (runs.discarded > 0) lines.push(`- Repeated because of others: ${runs.discarded} runs.`);
  return lines;
}
