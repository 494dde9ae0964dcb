// deno-lint-ignore-file no-console -- a command-line program
import { parseArgs } from "node:util";
import { ConfigErrors } from "../config/variables.ts";
import { type Config, configFromProcess } from "../config/config.ts";
import { CONFIG_EXIT_CODE, StartError } from "../errors.ts";

/** The arguments of the command are not valid. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command has failed. The message says why. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** A command. Resolves with the line to print. */
export type Command = (args: readonly string[], config: Config) => Promise<string>;

/**
 * Runs a command with the arguments of this process. Prints its line to standard output, and errors to
 * standard error. Exits with 0, 1 (failed), 2 (arguments not valid) or 78 (configuration not valid).
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

/** The arguments of a command. */
export interface Arguments<Option extends string> {
  readonly positionals: readonly string[];
  readonly options: Readonly<Partial<Record<Option, string>>>;
}

/**
 * Parses the arguments of a command. Every option has a value.
 *
 * @param usage is added to errors
 * @param names the names of the options, without the dashes
 * @throws {UsageError}
 */
export function parseArguments<const Option extends string>(
  args: readonly string[],
  { usage, names }: { usage: string; names: readonly Option[] },
): Arguments<Option> {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
    });
    return { positionals, options: values as Partial<Record<Option, string>> };
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : cause}\n${usage}`, { cause });
  }
}
