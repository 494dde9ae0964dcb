import { join } from "node:path";
import { findOnPath } from "./find_programs.ts";

/** Programs in Python that tests use, in an environment of their own. */
export interface PythonEnvironment {
  /** What it is, for people. */
  readonly name: string;
  /** The package that the environment is for. */
  readonly main: string;
  /** The path of a file that names all packages with their versions. */
  readonly requirements: string;
}

/**
 * A folder for each state of the requirements, so that an old environment is never taken for the new.
 */
export function pythonFolder({ main, requirements }: PythonEnvironment): string {
  const lines = Deno.readTextFileSync(requirements).split("\n");
  const version = lines.find((line) => line.startsWith(`${main}==`))?.split("==")[1];
  return join(cacheFolder(), `${main}-${version}`);
}

/** Where tests keep what takes long to get. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? ".";
  return join(Deno.env.get("XDG_CACHE_HOME") || join(home, ".cache"), "bellwire-tests");
}

/** A program of an environment, where that is installed. */
export function findInPython(environment: PythonEnvironment, program: string): string | undefined {
  const path = join(pythonFolder(environment), "bin", program);
  try {
    return Deno.statSync(path).isFile ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Installs an environment with Python's own tools; false where that is not possible. */
export async function installPython(environment: PythonEnvironment): Promise<boolean> {
  const python = findOnPath("python3");
  if (python === undefined) return false;
  // deno-lint-ignore no-console -- says what takes so long
  console.log(`Installing ${environment.name}, which takes half a minute, once`);
  const folder = pythonFolder(environment);
  const made = await succeeds(python, ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--quiet", "--requirement", environment.requirements];
  if (made && await succeeds(join(folder, "bin", "python3"), pip)) return true;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  return false;
}

/** Runs a program; what it says is shown where it fails. */
export async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) await Deno.stderr.write(stderr);
  return success;
}
