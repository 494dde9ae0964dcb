import { importsOf, sourceFiles } from "./house/imports.ts";

/** What reaches out of the process, or listens: a test of several parts, not of one. */
const OUTSIDE = /Deno\.Command|Deno\.serve\b|playwright|createServer|server\/start\.ts/;
/** These count how many runs a property made, or take seconds each: they are in the whole suite only. */
const SLOW = [
  "encoding/json_reader_test.ts",
  "gateway/fanout/fan_out_test.ts",
  "gateway/fanout/store_away_test.ts",
  "http/documents_schema_test.ts",
  "http/openapi_test.ts",
  "http/problem_test.ts",
  "http/safe_headers_test.ts",
  "schemas/usual_notification_test.ts",
  "store/erasure/erase_races_test.ts",
  "store/journal/journal_limits_test.ts",
  "store/publish/killed_publish_test.ts",
  "store/publish/recall_races_test.ts",
].map((file) => `tests/${file}`);
const TAKES_LONG = /^\/\/ (?:long|alone):/;

/**
 * The tests of the inner loop: each tests one part of `src/` or `client/src/` in memory. It starts
 * no process, server or browser, and is not marked as long.
 */
export function unitTests(): string[] {
  const parts = [...Deno.readDirSync("src")].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `tests/${name}`);
  const files = ["tests/house", "tests/client", ...parts].filter(exists).flatMap(sourceFiles);
  return files.filter((file) => file.endsWith("_test.ts") && isUnit(file));
}

function isUnit(test: string): boolean {
  if (SLOW.includes(test)) return false;
  if (TAKES_LONG.test(Deno.readTextFileSync(test))) return false;
  const seen = new Set([test]);
  for (const file of seen) {
    if (OUTSIDE.test(Deno.readTextFileSync(file))) return false;
    for (const { to } of importsOf([file])) if (to.startsWith("tests/")) seen.add(to);
  }
  return true;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--config=deno.dev.json",
      "--preload=tests/fewer_runs.ts",
      "--no-check",
      "-A",
      "--parallel",
      ...Deno.args,
      ...unitTests(),
    ],
    // Most tests wait more than they work.
    env: { DENO_JOBS: String(2 * navigator.hardwareConcurrency) },
  }).spawn();
  Deno.exit((await child.status).code);
}
