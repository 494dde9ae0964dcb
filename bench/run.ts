// deno-lint-ignore-file no-console -- a command-line program

/**
 * Measures Bellwire against its goals, with a ceiling and a rival beside each number, and prints
 * Markdown: `deno task bench [single] [topics] [cluster] [client] [--only 1,1b,4] [--contenders bellwire,ceiling]
 * [--rounds 3] [--repeats 2] [--quick]`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { clientMeasures } from "./client_measures.ts";
import { clusterMeasures } from "./cluster_measures.ts";
import { type Contender, Contest } from "./contenders/contest.ts";
import { inQuiet } from "./contenders/quiet.ts";
import { endAll } from "./contenders/processes.ts";
import { removeScratch } from "./contenders/scratch.ts";
import { installSocketIo, socketIoRuntime } from "./contenders/socket_io.ts";
import { type Measure, singleMeasures } from "./measures.ts";
import { topicMeasures } from "./topic_measures.ts";
import { environment } from "./report/machine.ts";
import { notes } from "./report/notes.ts";
import { Runs } from "./report/runs.ts";
import { clusterTable, resultTable, spreadTable } from "./report/table.ts";
import { fullScale, quickScale } from "./scale.ts";

/** The ceiling of a measure follows Bellwire, whose rows it takes. */
const allContenders: readonly Contender[] = ["bellwire", "ceiling", "socketIo"];

/** What can be asked for by name. */
const tables = {
  single: { title: "One instance", measures: singleMeasures, write: resultTable },
  topics: {
    title: "Topics, marks and clients that come and go",
    measures: topicMeasures,
    write: resultTable,
  },
  cluster: { title: "Several instances", measures: clusterMeasures, write: clusterTable },
  client: { title: "The browser client", measures: clientMeasures, write: resultTable },
} as const;
type TableName = keyof typeof tables;
const tableNames = Object.keys(tables) as TableName[];

interface Options {
  readonly tables: readonly TableName[];
  readonly measures: readonly Measure[];
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** How often a run is repeated where others used the processors. */
  readonly repeats: number;
  readonly quick: boolean;
}

function optionsOrExplain(): Options {
  try {
    return readOptions(Deno.args);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(2);
  }
}

function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      only: { type: "string" },
      contenders: { type: "string" },
      rounds: { type: "string" },
      repeats: { type: "string" },
      quick: { type: "boolean", default: false },
    },
  });
  const asked = positionals.length === 0 ? undefined : positionals.join(",");
  const names = chosen("the bench", asked, tableNames, (name) => name);
  const all = names.flatMap((name) => tables[name].measures);
  return {
    tables: names,
    measures: chosen("--only", values.only, all, ({ id }) => id),
    contenders: chosen("--contenders", values.contenders, allContenders, (name) => name),
    rounds: atLeast(1, "rounds", values.rounds ?? (values.quick ? "1" : "3")),
    repeats: atLeast(0, "repeats", values.repeats ?? (values.quick ? "0" : "2")),
    quick: values.quick,
  };
}

function atLeast(least: number, option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`--${option} is a number from ${least} on`);
  }
  return value;
}

function chosen<T>(
  option: string,
  list: string | undefined,
  all: readonly T[],
  nameOf: (one: T) => string,
): readonly T[] {
  if (list === undefined) return all;
  const names = list.split(",");
  const unknown = names.find((name) => !all.some((one) => nameOf(one) === name));
  if (unknown !== undefined) {
    throw new Error(`${option} takes ${all.map(nameOf).join(",")}; not ${unknown}`);
  }
  return all.filter((one) => names.includes(nameOf(one)));
}

/** Every contender in turn, round by round, so that all of them share the machine's moods. */
async function measureAll(options: Options, contest: Contest): Promise<Runs> {
  const runs = new Runs();
  for (const measure of options.measures) {
    for (let round = 1; round <= options.rounds; round++) {
      for (const contender of options.contenders) {
        try {
          const { result, discarded } = await inQuiet(
            () => contest.run(measure, contender),
            options,
          );
          if (result === undefined) continue;
          runs.add(measure, contender, result);
          runs.discarded += discarded;
          console.error(
            `${measure.id} ${measure.work}, ${round}, ${contender}: ${inShort(result)}`,
          );
        } catch (error) {
          runs.addFailure(measure, contender, error);
          console.error(`${measure.id} ${measure.work}, ${round}, ${contender}: FAILED`, error);
        }
      }
    }
  }
  return runs;
}

function inShort(result: Readonly<Record<string, number>>): string {
  return Object.entries(result).map(([name, value]) => `${name} ${Number(value.toFixed(2))}`)
    .join(", ");
}

async function main(): Promise<void> {
  const options = optionsOrExplain();
  Deno.addSignalListener("SIGINT", () => void stop(130));
  Deno.addSignalListener("SIGTERM", () => void stop(143));
  let socketIo: Awaited<ReturnType<typeof socketIoRuntime>> | undefined;
  const hasRival = options.measures.some(({ rival }) => rival);
  if (hasRival && options.contenders.includes("socketIo")) {
    await installSocketIo();
    socketIo = await socketIoRuntime();
  }
  const contest = new Contest({ scale: options.quick ? quickScale : fullScale, socketIo });
  const runs = await measureAll(options, contest);
  console.log(
    [
      `Medians of ${options.rounds}${
        options.quick ? ", a quick look only: the numbers say nothing" : ""
      }.`,
      ...tablesOf(options, (measures, { title, write }) => [`## ${title}`, write(measures, runs)]),
      notes(options.measures, { runs, ...contest.shapes }),
      "Lowest and highest run:",
      ...tablesOf(options, (measures) => [
        spreadTable(measures, {
          runs,
          contenders: measures.some(({ rival }) => rival) ? allContenders : ["bellwire", "ceiling"],
        }),
      ]),
      await environment({ socketIoOn: socketIo?.name }),
    ].join("\n\n"),
  );
  await stop(runs.failures.length === 0 ? 0 : 1);
}

/** Writes each table that was asked for, and has measures that were. */
function tablesOf(
  options: Options,
  write: (measures: readonly Measure[], table: typeof tables[TableName]) => readonly string[],
): string[] {
  return options.tables.flatMap((name) => {
    const table = tables[name];
    const measures = options.measures.filter((measure) => table.measures.includes(measure));
    return measures.length === 0 ? [] : write(measures, table);
  });
}

async function stop(exitCode: number): Promise<never> {
  await endAll();
  removeScratch();
  Deno.exit(exitCode);
}

await main();
