import { places } from "./places.ts";
import { type RunningServer, startServer } from "./processes.ts";
import { startTask } from "./start_task.ts";

/**
 * Starts Deno's sockets with nothing around them, with V8 tuned as for the service: what differs is
 * then the service's own.
 */
export async function startBareSockets(): Promise<RunningServer> {
  const { v8Flags } = await startTask();
  return await startServer({
    command: Deno.execPath(),
    args: ["run", ...v8Flags, "--allow-all", places.bareSockets],
    cwd: places.root,
    env: {},
  }, { readyPath: "/" });
}
