import { parseArgs } from "node:util";
import { UsageError } from "./run.ts";

/** What a command was called with. */
export interface Arguments<Option extends string> {
  readonly positionals: readonly string[];
  readonly options: Readonly<Partial<Record<Option, string>>>;
}

/**
 * Takes a command's arguments apart; every option has a value.
 *
 * @param usage is told when they can't be
 * @param names the options there are, without the dashes
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
