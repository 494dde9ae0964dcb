// deno-lint-ignore-file no-console -- a command-line program
import { ConfigErrors } from "../config/variables.ts";
import { type Config, configFromProcess } from "../config/config.ts";
import { CONFIG_EXIT_CODE, StartError } from "../errors.ts";

/** The command was called in a way it does not understand. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command was understood and could not be carried out. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** Does what the arguments say and gives the line to print. */
export type Command = (args: readonly string[], config: Config) => Promise<string>;

/**
 * Runs a command of this process: its line goes to standard output, what went wrong to standard
 * error. Exits with 0, 1 (failed), 2 (called wrongly) or 78 (configuration).
 */
export async function run(command: Command): Promise<never> {
  try {
    console.log(await command(Deno.args, configFromProcess()));
    Deno.exit(0);
  } catch (error) {
    const code = exitCode(error);
    if (code === undefined) throw error;
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(code);
  }
}

function exitCode(error: unknown): number | undefined {
  if (error instanceof ConfigErrors) return CONFIG_EXIT_CODE;
  if (error instanceof StartError) return error.exitCode;
  if (error instanceof UsageError) return 2;
  if (error instanceof CommandFailed) return 1;
  return undefined;
}
