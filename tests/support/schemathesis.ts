import { join } from "node:path";
import { findOnPath } from "./find_programs.ts";

/** Where the API tester's configuration is, and what to install. */
export const SCHEMATHESIS_FOLDER = join(import.meta.dirname ?? "", "..", "schemathesis");
const REQUIREMENTS = join(SCHEMATHESIS_FOLDER, "requirements.txt");

/**
 * Schemathesis in the version that the requirements name, as `SCHEMATHESIS_BIN` says, or where
 * {@link installSchemathesis} puts it.
 *
 * @returns the path, or undefined: a test that needs it then has to be ignored
 */
export function findSchemathesis(): string | undefined {
  const told = Deno.env.get("SCHEMATHESIS_BIN");
  const path = told || join(environment(), "bin", "schemathesis");
  try {
    return Deno.statSync(path).isFile ? path : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Installs it with Python's own tools into a folder of its own; takes half a minute, once.
 *
 * @returns the path, or undefined where that is not possible
 */
export async function installSchemathesis(): Promise<string | undefined> {
  const python = findOnPath("python3");
  if (python === undefined) return undefined;
  // deno-lint-ignore no-console -- says what takes so long
  console.log("Installing the API tester Schemathesis, which takes half a minute, once");
  const folder = environment();
  const made = await succeeds(python, ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS];
  if (made && await succeeds(join(folder, "bin", "python3"), pip)) return findSchemathesis();
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  return undefined;
}

/** A folder for each state of the requirements, so that an old one is never taken for the new. */
function environment(): string {
  const version = /^schemathesis==(.*)$/m.exec(Deno.readTextFileSync(REQUIREMENTS))?.[1];
  const home = Deno.env.get("HOME") ?? ".";
  const cache = Deno.env.get("XDG_CACHE_HOME") || join(home, ".cache");
  return join(cache, "bellwire-tests", `schemathesis-${version}`);
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) await Deno.stderr.write(stderr);
  return success;
}
