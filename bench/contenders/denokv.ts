import { findDenokv } from "../../tests/drivers/find_programs.ts";
import { places } from "./places.ts";
import { type RunningServer, startServer } from "./processes.ts";

const TOKEN = "bench-only-token-of-denokv";

/** A `denokv` server that answers. */
export interface RunningDenokv {
  readonly server: RunningServer;
  /** What a service needs to work on it. */
  readonly env: { readonly BELLWIRE_KV: string; readonly DENO_KV_ACCESS_TOKEN: string };
}

/** Starts `denokv` as it comes, on a new file in `folder`; throws where it is not installed. */
export async function startDenokv(folder: string): Promise<RunningDenokv> {
  const command = findDenokv();
  if (command === undefined) {
    throw new Error(
      "denokv is neither on the PATH nor where cargo installs, nor is it in DENOKV_BIN: " +
        "cargo install denokv --version 0.14.0 --locked",
    );
  }
  const server = await startServer({
    command,
    args: (port) => [
      ...["--sqlite-path", `${folder}/denokv.sqlite`, "serve"],
      ...["--access-token", TOKEN, "--addr", `127.0.0.1:${port}`],
    ],
    cwd: places.root,
    env: {},
    // It takes no GET, and says so once it listens.
  }, { readyPath: "/", readyStatus: 405 });
  const url = `http://127.0.0.1:${server.port}`;
  return { server, env: { BELLWIRE_KV: url, DENO_KV_ACCESS_TOKEN: TOKEN } };
}
