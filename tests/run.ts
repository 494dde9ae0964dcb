// deno-lint-ignore-file no-console -- a command-line program
/**
 * Runs everything that has to hold: format, lint, types, tests. The last line says what came of it,
 * such as `241 passed, 0 failed`. A failed check counts as a failure, and so does a skipped test
 * where `CI` is set: nobody would notice there.
 *
 * Arguments are passed on to `deno test`.
 */
import {
  findClientPython,
  findOpenapiGenerator,
  installClientPython,
  installOpenapiGenerator,
} from "./drivers/client_generators.ts";
import {
  findCaddy,
  findChromium,
  findDenokv,
  findNginx,
  findOnPath,
} from "./drivers/find_programs.ts";
import { findSchemathesis, installSchemathesis } from "./drivers/schemathesis.ts";
import { summarize, type TestSummary } from "./drivers/test_summary.ts";

const DENOKV = ["install", "denokv", "--version", "0.14.0", "--locked"];
/** The root configuration lists the packages that serve; this one adds those of development. */
const DEV = ["--config", "deno.dev.json"];
/** The first line of a test file that needs the machine for itself begins so. */
const ALONE = "// alone:";
/** That of one that takes long: begun first, it does not go on when all others have ended. */
const LONG = "// long:";

const ci = Boolean(Deno.env.get("CI"));
const files = [...testFiles("tests")].sort();

let failedChecks = 0;
if (Deno.args.length === 0) {
  for (const check of [["fmt", "--check"], ["lint"], ["check", ...DEV], ["task", "test:doc"]]) {
    if (!await succeeds(check)) failedChecks++;
  }
}

const programs = {
  CHROMIUM_BIN: findChromium(),
  CADDY_BIN: findCaddy(),
  NGINX_BIN: findNginx(),
  DENOKV_BIN: findDenokv() ?? await buildDenokv(),
  SCHEMATHESIS_BIN: findSchemathesis() ?? await installSchemathesis(),
  PROMTOOL_BIN: findOnPath("promtool"),
  CLIENT_PYTHON: findClientPython() ?? await installClientPython(),
  OPENAPI_GENERATOR_JAR: findOpenapiGenerator() ?? await installOpenapiGenerator(),
  GO_BIN: findOnPath("go"),
};
const env = Object.fromEntries(
  Object.entries(programs).filter((entry): entry is [string, string] => entry[1] !== undefined),
);

const alone = files.filter((file) => beginsWith(file, ALONE));
const others = files.filter((file) => !alone.includes(file));
const long = others.filter((file) => beginsWith(file, LONG));
const together = [...long, ...others.filter((file) => !long.includes(file))];
const runs: TestSummary[] = [];
if (Deno.args.length > 0) runs.push(await test(Deno.args));
else {
  runs.push(await test(["--parallel", ...together]));
  if (alone.length > 0) runs.push(await test(alone));
}
report(runs);

function report(runs: readonly TestSummary[]): never {
  const passed = runs.reduce((sum, run) => sum + run.passed, 0);
  const skipped = runs.flatMap((run) => run.skipped);
  let failed = failedChecks + runs.reduce((sum, run) => sum + run.failed, 0);
  if (failedChecks > 0) {
    console.log(`\n${failedChecks} of format, lint and types FAILED, see above`);
  }
  if (skipped.length > 0) {
    console.log(`\nSKIPPED${ci ? ", which counts as failed where CI is set" : ""}:`);
    for (const name of skipped) console.log(`  ${name}`);
    for (const [variable, path] of Object.entries(programs)) {
      if (path === undefined) console.log(`Not found: ${variable}`);
    }
    if (ci) failed += skipped.length;
  }
  const rest = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  console.log(`\n${passed} passed, ${failed} failed${rest}`);
  Deno.exit(failed === 0 ? 0 : 1);
}

function* testFiles(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* testFiles(`${folder}/${name}`);
    else if (name.endsWith("_test.ts")) yield `${folder}/${name}`;
  }
}

function beginsWith(file: string, mark: string): boolean {
  return Deno.readTextFileSync(file).startsWith(mark);
}

async function succeeds(args: readonly string[]): Promise<boolean> {
  console.log(`deno ${args.join(" ")}`);
  const child = new Deno.Command(Deno.execPath(), { args: [...args] }).spawn();
  return (await child.status).success;
}

async function test(args: readonly string[]): Promise<TestSummary> {
  const colours = Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : {};
  // The checks have just been through the types.
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...DEV, "--no-check", "-A", ...args],
    // Most tests wait more than they work.
    env: { ...env, ...colours, DENO_JOBS: String(2 * navigator.hardwareConcurrency) },
    stdout: "piped",
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const bytes of child.stdout) {
    await Deno.stdout.write(bytes);
    output += decoder.decode(bytes, { stream: true });
  }
  return summarize(output, await child.status);
}

/** Builds `denokv` where a test needs it and cargo is there; takes some minutes, once. */
async function buildDenokv(): Promise<string | undefined> {
  const needed = files.some((file) => Deno.readTextFileSync(file).includes("findDenokv"));
  const cargo = findOnPath("cargo");
  if (!needed || cargo === undefined) return undefined;
  console.log("Building denokv with cargo, which takes some minutes, once");
  const { success, stderr } = await new Deno.Command(cargo, { args: DENOKV }).output();
  if (!success) await Deno.stderr.write(stderr);
  return findDenokv();
}
