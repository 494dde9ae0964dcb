import type { Config } from "../config/config.ts";
import { callLocally, NoAnswer } from "./local_call.ts";
import { CommandFailed, run } from "./run.ts";

/**
 * Checks that the service with this configuration is alive, for a container's health check.
 *
 * @throws {CommandFailed} if it is not
 */
export async function health(_args: readonly string[], config: Config): Promise<string> {
  try {
    const { status } = await callLocally(config, { path: "/live" });
    if (status !== 200) throw new CommandFailed(`/live answered ${status}`);
    return "alive";
  } catch (error) {
    if (error instanceof NoAnswer) throw new CommandFailed(error.message, { cause: error });
    throw error;
  }
}

if (import.meta.main) await run(health);
