import { credentials } from "../credentials.ts";
import { places } from "./places.ts";
import { type RunningServer, startServer } from "./processes.ts";
import { startTask } from "./start_task.ts";

/** Starts the service as `deno task start` does; `env` says at least which KV it works on. */
export async function startBellwire(env: Readonly<Record<string, string>>): Promise<RunningServer> {
  const { args } = await startTask();
  return await startServer({
    command: Deno.execPath(),
    args,
    cwd: places.root,
    env: {
      HOST: "127.0.0.1",
      BELLWIRE_JWT_SECRET: credentials.jwtSecret,
      BELLWIRE_API_KEYS: `bench:${credentials.publisherSecret}`,
      BELLWIRE_MAX_CONNECTIONS_PER_USER: "6000",
      // Measures have thousands of devices of one user.
      BELLWIRE_USER_WORK_PER_MINUTE: "0",
      BELLWIRE_ALLOWED_ORIGINS: "*",
      ...env,
    },
  }, { readyPath: "/ready" });
}
