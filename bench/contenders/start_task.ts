import { places } from "./places.ts";

/** How the service is started, read from `deno task start`, so that just that is measured. */
export interface StartTask {
  /** Arguments of `deno`, the program's path being relative to the repository. */
  readonly args: readonly string[];
  /** Those of them that tune V8. */
  readonly v8Flags: readonly string[];
}

/** Reads the task; throws where it is more than one plain `deno run`. */
export async function startTask(): Promise<StartTask> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${places.root}deno.json`)) as {
    tasks: { start: { command: string } };
  };
  const [program, ...args] = tasks.start.command.split(" ");
  if (program !== "deno" || args[0] !== "run" || /[&|;<>$"']/.test(tasks.start.command)) {
    throw new Error("The task `start` is not a plain `deno run`, so the bench can't start it");
  }
  return { args, v8Flags: args.filter((arg) => arg.startsWith("--v8-flags=")) };
}
