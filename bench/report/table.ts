import type { Contender } from "../contenders/contest.ts";
import type { Bound, Measure, Row } from "../measures.ts";
import { boundShown, keeps, shown, withUnit } from "./numbers.ts";
import { median, type Runs } from "./runs.ts";

/** Results of Bellwire that make a speed worthless. */
export const flaws = ["refused", "lost", "twice"] as const;

/** The Markdown table of one instance: medians, each beside what it is held against. */
export function resultTable(measures: readonly Measure[], runs: Runs): string {
  const lines = [
    "| | measure | to reach | Bellwire | | ceiling | of it | Socket.IO | of it |",
    "| --- | --- | ---: | ---: | --- | ---: | --- | ---: | --- |",
  ];
  for (const measure of measures) {
    for (const row of measure.rows) {
      const ours = ofBellwire(measure, row, runs);
      const ceiling = comparison(measure, {
        row,
        runs,
        contender: "ceiling",
        bound: row.ofCeiling,
      });
      const rival = comparison(measure, { row, runs, contender: "socketIo", bound: row.ofRival });
      lines.push(line([measure.id, row.label, ...ours, ...ceiling, ...rival]));
    }
  }
  return lines.join("\n");
}

/** The Markdown table of several instances: medians, and who used how many cores meanwhile. */
export function clusterTable(measures: readonly Measure[], runs: Runs): string {
  const lines = [
    "| | measure | to reach | Bellwire | | ceiling | of it | cores: instances | denokv | generator |",
    "| --- | --- | ---: | ---: | --- | ---: | --- | ---: | ---: | ---: |",
  ];
  for (const measure of measures) {
    const results = runs.of(measure, "bellwire");
    const cores = ["serverCores", "storeCores", "generatorCores"].map((name) => {
      const used = median(results.map((result) => result[name] ?? NaN).sort((a, b) => a - b));
      return used === undefined || (name === "storeCores" && used === 0) ? "–" : used.toFixed(2);
    });
    for (const row of measure.rows) {
      const ours = ofBellwire(measure, row, runs);
      const ceiling = comparison(measure, {
        row,
        runs,
        contender: "ceiling",
        bound: row.ofCeiling,
      });
      lines.push(line([measure.id, row.label, ...ours, ...ceiling, ...cores]));
    }
  }
  return lines.join("\n");
}

/** The Markdown table of how far apart the runs lay. */
export function spreadTable(
  measures: readonly Measure[],
  { runs, contenders }: { runs: Runs; contenders: readonly Contender[] },
): string {
  const lines = [
    line(["", "measure", ...contenders.map((contender) => NAMES[contender])]),
    line(["---", "---", ...contenders.map(() => "---:")]),
  ];
  for (const measure of measures) {
    for (const row of measure.rows) {
      const spread = (contender: Contender) => {
        const numbers = runs.numbers(measure, row, contender);
        const [first] = numbers;
        if (first === undefined) return "–";
        return `${shown(first)} – ${withSpacedUnit(numbers.at(-1), row.unit)}`;
      };
      lines.push(line([measure.id, row.label, ...contenders.map(spread)]));
    }
  }
  return lines.join("\n");
}

const NAMES: Readonly<Record<Contender, string>> = {
  bellwire: "Bellwire",
  ceiling: "ceiling",
  socketIo: "Socket.IO",
};

function withSpacedUnit(value: number | undefined, unit: Row["unit"]): string {
  return `${shown(value)} ${unit}`.trimEnd();
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** What is to be reached, what was, and the verdict. */
function ofBellwire(measure: Measure, row: Row, runs: Runs): string[] {
  const ours = median(runs.numbers(measure, row, "bellwire"));
  const flawed = flaws.some((flaw) => runs.total(measure, "bellwire", flaw) > 0);
  const verdict = ours === undefined
    ? "not measured"
    : flawed
    ? "flawed"
    : row.goal === undefined
    ? ""
    : verdictOn(ours, row.goal);
  const toReach = row.goal === undefined ? "" : `${boundShown(row.goal)} ${row.unit}`.trimEnd();
  return [toReach, withUnit(ours, row.unit), verdict];
}

/** What another contender reached, and how Bellwire compares. */
function comparison(
  measure: Measure,
  { row, runs, contender, bound }: {
    row: Row;
    runs: Runs;
    contender: Contender;
    bound: Bound | undefined;
  },
): string[] {
  const ours = median(runs.numbers(measure, row, "bellwire")) ?? NaN;
  const theirs = median(runs.numbers(measure, row, contender));
  const ratio = row.ratio === "ours/theirs" ? ours / (theirs ?? NaN) : (theirs ?? NaN) / ours;
  const shownTheirs = withUnit(theirs, row.unit);
  if (Number.isNaN(ratio)) return [shownTheirs, ""];
  if (bound === undefined) return [shownTheirs, ratio.toFixed(2)];
  return [
    shownTheirs,
    `${ratio.toFixed(2)} (${boundShown(bound)}: ${verdictOn(ratio, bound)})`,
  ];
}

function verdictOn(value: number, bound: Bound): "met" | "missed" {
  return keeps(value, bound) ? "met" : "missed";
}
