import { join } from "node:path";
import { findInPython, installPython } from "./python_environment.ts";
import { ROOT } from "./paths.ts";

/** Where the API tester's configuration is, and what to install. */
export const SCHEMATHESIS_FOLDER = join(ROOT, "tests", "http", "schemathesis");
const ENVIRONMENT = {
  name: "the API tester Schemathesis",
  main: "schemathesis",
  requirements: join(SCHEMATHESIS_FOLDER, "requirements.txt"),
};

/**
 * Schemathesis in the version that the requirements name, as `SCHEMATHESIS_BIN` says, or where
 * {@link installSchemathesis} puts it.
 *
 * @returns the path, or undefined: a test that needs it then has to be ignored
 */
export function findSchemathesis(): string | undefined {
  const told = Deno.env.get("SCHEMATHESIS_BIN");
  if (!told) return findInPython(ENVIRONMENT, "schemathesis");
  try {
    return Deno.statSync(told).isFile ? told : undefined;
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
  return await installPython(ENVIRONMENT) ? findSchemathesis() : undefined;
}
