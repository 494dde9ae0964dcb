import { join } from "node:path";
import { findOnPath } from "./find_programs.ts";
import { findInPython, installPython, succeeds } from "./python_environment.ts";
import { ROOT } from "./paths.ts";

const ENVIRONMENT = {
  name: "the client generator openapi-python-client",
  main: "openapi-python-client",
  requirements: join(ROOT, "tests", "http", "generated_clients", "requirements.txt"),
};
const JAR_VERSION = "7.14.0";
const ARTIFACT = `org.openapitools:openapi-generator-cli:${JAR_VERSION}`;

/** The Python that has openapi-python-client, and what the clients of both generators need. */
export function findClientPython(): string | undefined {
  return findInPython(ENVIRONMENT, "python3");
}

export async function installClientPython(): Promise<string | undefined> {
  return await installPython(ENVIRONMENT) ? findClientPython() : undefined;
}

/**
 * The program openapi-generator, as `OPENAPI_GENERATOR_JAR` says, or where Maven keeps it.
 *
 * @returns the path, or undefined: a test that needs it then has to be ignored
 */
export function findOpenapiGenerator(): string | undefined {
  const repository = join(Deno.env.get("HOME") ?? ".", ".m2", "repository");
  const path = Deno.env.get("OPENAPI_GENERATOR_JAR") || join(
    repository,
    "org/openapitools/openapi-generator-cli",
    JAR_VERSION,
    `openapi-generator-cli-${JAR_VERSION}.jar`,
  );
  try {
    return findOnPath("java") !== undefined && Deno.statSync(path).isFile ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Gets it with Maven: 30 MB, once. */
export async function installOpenapiGenerator(): Promise<string | undefined> {
  const maven = findOnPath("mvn");
  if (maven === undefined || findOnPath("java") === undefined) return undefined;
  // deno-lint-ignore no-console -- says what takes so long
  console.log(
    "Getting the client generator openapi-generator with Maven, which takes a while, once",
  );
  const args = ["--quiet", "--batch-mode", "dependency:get", `-Dartifact=${ARTIFACT}`];
  return await succeeds(maven, [...args, "-Dtransitive=false"])
    ? findOpenapiGenerator()
    : undefined;
}
