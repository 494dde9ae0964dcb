import { places } from "./places.ts";
import { type RunningServer, startServer } from "./processes.ts";

/** Starts Deno's sockets with nothing around them. */
export function startBareSockets(): Promise<RunningServer> {
  return startServer({
    command: Deno.execPath(),
    args: ["run", "--allow-all", places.bareSockets],
    cwd: places.root,
    env: {},
  }, { readyPath: "/" });
}
