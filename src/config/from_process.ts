import { type Config, loadConfig } from "../config.ts";
import { detectFacts, FACT_VARIABLES } from "./facts.ts";
import { VARIABLES } from "./variables.ts";

/**
 * Reads the configuration of this process. Only the variables that are known are asked for, so no
 * more than those has to be permitted.
 *
 * @throws {ConfigErrors} with everything that is wrong
 */
export function configFromProcess(): Config {
  const env: Record<string, string> = {};
  for (const variable of [...VARIABLES, ...FACT_VARIABLES]) {
    const value = Deno.env.get(variable);
    if (value !== undefined) env[variable] = value;
  }
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
