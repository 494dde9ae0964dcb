/**
 * Mutation run: changes one thing in a source file, runs the tests that have to notice it, and reports
 * the changes that no test noticed.
 *
 *     deno task mutate [--minutes 30] [--seed 1] [file or folder …]
 *
 * Without files it takes `src/domain` and `src/store/journal`. The mutants are shuffled by the seed, so
 * what a time limit leaves is a fair sample. It works on a copy of the repository.
 */
import { parseArgs } from "node:util";
import { dirname, join } from "node:path";

/** Source folders, and the tests that have to notice a change in them. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  "src/domain": ["tests/domain"],
  "src/store/journal": [
    "tests/store/journal",
    "tests/simulation/journal_test.ts",
    "tests/simulation/journal_faults_test.ts",
  ],
};
const TEST_OPTIONS = ["--config", "deno.dev.json", "-A", "--no-check", "-q", "--fail-fast"];
/** A mutant that loops for ever counts as noticed after so many milliseconds. */
const TEST_LIMIT_MS = 180_000;

/** What is changed in a line of code: every match becomes one mutant. */
const OPERATORS: readonly (readonly [RegExp, string])[] = [
  [/ < /g, " <= "],
  [/ <= /g, " < "],
  [/ > /g, " >= "],
  [/ >= /g, " > "],
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ \?\? /g, " && "],
  [/ \+ /g, " - "],
  [/ - /g, " + "],
  [/ \+= /g, " -= "],
  [/ -= /g, " += "],
  [/\bMath\.min\b/g, "Math.max"],
  [/\bMath\.max\b/g, "Math.min"],
  [/\btrue\b/g, "false"],
  [/\bfalse\b/g, "true"],
  [/(?<![\w.])(\d[\d_]*)(?![\w.])/g, "($1 + 1)"],
  [/\bif \(((?!.* (?:[=!]==|[<>]=?) ).*)\) (?=\{|\S+.*;$)/g, "if (!($1)) "],
  [/^(\s*)(?:[\w#.]+(?:\?\.)?\(.*\);|[\w#.[\]]+ [-+]?= .*;|continue;|break;)$/g, "$1;"],
];

interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/** Mutants of one file: types, imports and comments are left alone, as no test could notice. */
function mutantsOf(file: string, source: string): Mutant[] {
  const mutants: Mutant[] = [];
  let skipping: RegExp | undefined;
  for (const [index, before] of source.split("\n").entries()) {
    skipping ??= /^import\b.*\{$|^import type/.test(before)
      ? /from ".*";$/
      : /^(export )?(interface|type) .*\{$/.test(before)
      ? /^\}/
      : /^\s*\/\*\*/.test(before)
      ? /\*\/\s*$/
      : undefined;
    if (skipping !== undefined) {
      if (skipping.test(before)) skipping = undefined;
      continue;
    }
    if (/^\s*(\/\/|import |export (type|interface) |readonly |\| )/.test(before)) continue;
    for (const [pattern, replacement] of OPERATORS) {
      for (const match of before.matchAll(pattern)) {
        const isText = (before.slice(0, match.index).match(/["`]/g)?.length ?? 0) % 2 === 1;
        if (isText) continue;
        const end = match.index + match[0].length;
        const changed = match[0].replace(new RegExp(pattern.source), replacement);
        // Patterns that look around see their match alone; those don't change it, so it is left out.
        const after = before.slice(0, match.index) +
          (changed === match[0] ? replacement.replace("$1", match[1] ?? "") : changed) +
          before.slice(end);
        if (after !== before) mutants.push({ file, line: index + 1, before, after });
      }
    }
  }
  return mutants;
}

function shuffled<T>(values: readonly T[], seed: number): T[] {
  const order = [...values];
  let state = seed >>> 0;
  for (let i = order.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor(state / 2 ** 32 * (i + 1));
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}

async function sourcesOf(paths: readonly string[]): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", { args: ["ls-files", "--", ...paths] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((path) => path.endsWith(".ts"));
}

async function copyRepository(to: string): Promise<void> {
  const { stdout } = await new Deno.Command("git", { args: ["ls-files"] }).output();
  for (const path of new TextDecoder().decode(stdout).split("\n").filter(Boolean)) {
    await Deno.mkdir(dirname(join(to, path)), { recursive: true });
    await Deno.copyFile(path, join(to, path)).catch(() => {});
  }
}

/** Whether all tests pass; the tests whose path shares the source's name come first. */
async function pass(folder: string, source: string): Promise<boolean> {
  const name = source.split("/").at(-1)?.replace(".ts", "_test.ts") ?? "";
  const all = Object.entries(TESTS).flatMap(([sources, tests]) =>
    source.startsWith(sources) ? tests : []
  );
  const own = (await sourcesOf(all)).filter((path) => path.endsWith(`/${name}`));
  for (const tests of own.length > 0 ? [own, all] : [all]) {
    const child = new Deno.Command("nice", {
      args: ["-n", "15", Deno.execPath(), "test", ...TEST_OPTIONS, ...tests],
      cwd: folder,
      stdout: "null",
      stderr: "null",
    }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), TEST_LIMIT_MS);
    const { success } = await child.status;
    clearTimeout(timer);
    if (!success) return false;
  }
  return true;
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    list: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const files = await sourcesOf(positionals.length > 0 ? positionals : Object.keys(TESTS));
const mutants: Mutant[] = [];
for (const file of files) mutants.push(...mutantsOf(file, await Deno.readTextFile(file)));
if (values.list) {
  for (const { file, line, after } of mutants) say(`${file}:${line}: ${after.trim()}`);
  say(`${mutants.length} mutants`);
  Deno.exit();
}

const folder = await Deno.makeTempDir({ prefix: "mutants_" });
const survivors: Mutant[] = [];
let tried = 0;
try {
  await copyRepository(folder);
  const isGreen = await Promise.all(Object.keys(TESTS).map((sources) => pass(folder, sources)));
  if (isGreen.includes(false)) throw new Error("The tests fail before anything is changed");
  const end = Date.now() + Number(values.minutes) * 60_000;
  for (const mutant of shuffled(mutants, Number(values.seed))) {
    if (Date.now() > end) break;
    const path = join(folder, mutant.file);
    const source = await Deno.readTextFile(path);
    const lines = source.split("\n");
    lines[mutant.line - 1] = mutant.after;
    await Deno.writeTextFile(path, lines.join("\n"));
    const survived = await pass(folder, mutant.file);
    await Deno.writeTextFile(path, source);
    tried++;
    if (!survived) continue;
    survivors.push(mutant);
    say(
      `${mutant.file}:${mutant.line}\n- ${mutant.before.trim()}\n+ ${mutant.after.trim()}`,
    );
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
say(
  `${tried} of ${mutants.length} mutants tried, ${tried - survivors.length} noticed, ` +
    `${survivors.length} not noticed`,
);
