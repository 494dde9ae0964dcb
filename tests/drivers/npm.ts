// deno-lint-ignore-file no-console -- says why tests are skipped
import { findOnPath } from "./find_programs.ts";

const NPM = findOnPath("npm");
const NPX = findOnPath("npx");

/** A program that has ended badly. */
export class ProgramFailed extends Error {
  override readonly name = "ProgramFailed";
}

/**
 * Runs npm in a folder. What it needs it loads from the registry.
 *
 * @throws {ProgramFailed} with what it has written
 */
export async function npm(args: readonly string[], cwd: string): Promise<void> {
  if (NPM === undefined) throw new ProgramFailed("There is no npm on this machine");
  await run(NPM, ["--no-audit", "--no-fund", ...args], cwd);
}

/**
 * Runs a program to its end.
 *
 * @param env besides its own environment
 * @returns what it has written to its standard output
 * @throws {ProgramFailed} with all that it has written
 */
export async function run(
  program: string,
  args: readonly string[],
  cwd?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    clearEnv: true,
    env: { ...ownEnvironment(), ...env },
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout);
  if (success) return text;
  throw new ProgramFailed(`${program} ${args.join(" ")}\n${text}${decoder.decode(stderr)}`);
}

/** The environment without what an npm that has started these tests wants of the npm they start. */
export function ownEnvironment(): Record<string, string> {
  const all = Object.entries(Deno.env.toObject());
  return Object.fromEntries(all.filter(([name]) => !/^npm_/i.test(name)));
}

/**
 * A JavaScript runtime that is a package of the npm registry, as `node` and `bun` are.
 *
 * @param name with its version
 * @returns its path; undefined where there is no npm, or the registry can't be reached: a test that
 * needs it then has to be ignored
 */
export async function runtimeOfNpm(name: string): Promise<string | undefined> {
  if (NPX === undefined) return undefined;
  try {
    const path = await run(NPX, ["-y", name, "-p", "process.execPath"]);
    return path.trim();
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    console.warn(`Without ${name}, tests are skipped: ${error.message}`);
    return undefined;
  }
}
