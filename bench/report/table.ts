import type { Contender } from "../contenders/contest.ts";
import type { Bound, Measure, Row } from "../measures.ts";
import { boundShown, keeps, shown, withUnit } from "./numbers.ts";
import { median, type Runs } from "./runs.ts";

/** Results of Bellwire that make a speed worthless. */
export const flaws = ["refused", "lost", "twice"] as const;

/** The Markdown table: medians, each beside what it is held against. */
export function resultTable(measures: readonly Measure[], runs: Runs): string {
  const lines = [
    "| | measure | to reach | Bellwire | | ceiling | of it | Socket.IO | of it |",
    "| --- | --- | ---: | ---: | --- | ---: | --- | ---: | --- |",
  ];
  for (const measure of measures) {
    for (const row of measure.rows) lines.push(resultLine(measure, row, runs));
  }
  return lines.join("\n");
}

/** The Markdown table of how far apart the runs lay. */
export function spreadTable(measures: readonly Measure[], runs: Runs): string {
  const lines = [
    "| | measure | Bellwire | ceiling | Socket.IO |",
    "| --- | --- | ---: | ---: | ---: |",
  ];
  for (const measure of measures) {
    for (const row of measure.rows) {
      const spread = (contender: Contender) => {
        const numbers = runs.numbers(measure, row, contender);
        const [first] = numbers;
        return first === undefined ? "–" : `${shown(first)} – ${shown(numbers.at(-1))} ${row.unit}`;
      };
      const cells = [spread("bellwire"), spread("ceiling"), spread("socketIo")];
      lines.push(`| ${measure.id} | ${row.label} | ${cells.join(" | ")} |`);
    }
  }
  return lines.join("\n");
}

function resultLine(measure: Measure, row: Row, runs: Runs): string {
  const of = (contender: Contender) => median(runs.numbers(measure, row, contender));
  const ours = of("bellwire");
  const flawed = flaws.some((flaw) => runs.total(measure, "bellwire", flaw) > 0);
  const verdict = ours === undefined
    ? "not measured"
    : flawed
    ? "flawed"
    : verdictOn(ours, row.goal);
  const against = (theirs: number | undefined, bound: Bound | undefined) => {
    const ratio = row.ratio === "ours/theirs"
      ? (ours ?? NaN) / (theirs ?? NaN)
      : (theirs ?? NaN) / (ours ?? NaN);
    if (Number.isNaN(ratio)) return "";
    if (bound === undefined) return ratio.toFixed(2);
    return `${ratio.toFixed(2)} (${boundShown(bound)}: ${verdictOn(ratio, bound)})`;
  };
  const ceiling = of("ceiling");
  const rival = of("socketIo");
  const cells = [
    measure.id,
    row.label,
    `${boundShown(row.goal)} ${row.unit}`,
    withUnit(ours, row.unit),
    verdict,
    withUnit(ceiling, row.unit),
    against(ceiling, row.ofCeiling),
    withUnit(rival, row.unit),
    against(rival, row.ofRival),
  ];
  return `| ${cells.join(" | ")} |`;
}

function verdictOn(value: number, bound: Bound): "met" | "missed" {
  return keeps(value, bound) ? "met" : "missed";
}
