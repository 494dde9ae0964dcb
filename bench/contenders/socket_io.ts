import { credentials } from "../credentials.ts";
import { places } from "./places.ts";
import { type RunningServer, startServer } from "./processes.ts";

/** What Socket.IO runs on here. */
export interface SocketIoRuntime {
  readonly command: string;
  readonly args: readonly string[];
  /** For the report. */
  readonly name: string;
}

/** Installs Socket.IO from npm, exactly the versions of its lock file, beside its server. */
export async function installSocketIo(): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--frozen"],
    cwd: places.socketIo,
  }).output();
  if (!success) {
    throw new Error(`Socket.IO was not installed: ${new TextDecoder().decode(stderr)}`);
  }
}

/** Node.js if there is one, because that is what people run Socket.IO on; else Deno. */
export async function socketIoRuntime(): Promise<SocketIoRuntime> {
  try {
    const { stdout } = await new Deno.Command("node", { args: ["--version"] }).output();
    const version = new TextDecoder().decode(stdout).trim();
    return { command: "node", args: [], name: `Node.js ${version}` };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return {
      command: Deno.execPath(),
      args: ["run", "--allow-all"],
      name: `Deno ${Deno.version.deno}`,
    };
  }
}

/** Starts the rival. */
export function startSocketIo({ command, args }: SocketIoRuntime): Promise<RunningServer> {
  return startServer({
    command,
    args: [...args, "server.mjs"],
    cwd: places.socketIo,
    env: {
      NODE_ENV: "production",
      JWT_SECRET: credentials.jwtSecret,
      PUBLISHER_SECRET: credentials.publisherSecret,
    },
  }, { readyPath: "/ready" });
}
