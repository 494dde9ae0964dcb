import { type Config, loadConfig } from "./config.ts";
import { detectFacts, FACT_VARIABLES } from "./facts.ts";
import { findSuspicions, likelyMistakes, type Suspicion } from "./suspicions.ts";
import { NAMES } from "./variables.ts";

/**
 * Reads the configuration of this process. Only the variables that are known are asked for, so no
 * more than those has to be permitted.
 *
 * @throws {ConfigErrors} with everything that is wrong
 */
export function configFromProcess(): Config {
  const env = read([...NAMES, ...FACT_VARIABLES]);
  return loadConfig(
    env,
    detectFacts({
      env,
      pid: Deno.pid,
      terminal: Deno.stdout.isTerminal(),
      cores: navigator.hardwareConcurrency,
    }),
  );
}

/** What looks like a mistake in the environment of this process. */
export function suspicionsOfProcess(): Suspicion[] {
  const mayReadAll = Deno.permissions.querySync({ name: "env" }).state === "granted";
  return findSuspicions(mayReadAll ? Deno.env.toObject() : read([...NAMES, ...likelyMistakes()]));
}

function read(names: Iterable<string>): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of names) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}
