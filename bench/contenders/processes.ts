import { HttpConnection } from "../load/http_connection.ts";
import { scratchPath } from "./scratch.ts";

/** How a process is started. */
export interface Start {
  readonly command: string;
  /** A server may have to be told its port here. */
  readonly args: readonly string[] | ((port: number) => readonly string[]);
  readonly env: Readonly<Record<string, string>>;
  /** Where it runs. */
  readonly cwd: string;
}

/** A server that answers; disposing of it ends its process. */
export interface RunningServer extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Milliseconds from starting the process until it was ready. */
  readonly readyAfterMs: number;
  /** Whether it still runs, and the end of what it printed. */
  lastWords(): Promise<string>;
}

const READY_WITHIN_MS = 20_000;
const POLL_MS = 5;
const running = new Set<Deno.ChildProcess>();

/** Ends whatever was started here and still runs. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map(end));
}

/**
 * Starts a server on a free port, which it is told in `PORT`, and waits until `readyPath` answers
 * `readyStatus`, 200 unless given. Throws with what it printed if it ends before, or isn't ready
 * within 20 s.
 */
export async function startServer(
  start: Start,
  { readyPath, readyStatus = 200 }: { readyPath: string; readyStatus?: number },
): Promise<RunningServer> {
  const port = freePort();
  const log = scratchPath("server.log");
  const args = argsOf(start, port);
  const started = performance.now();
  // Through a shell, because a child's output can't be sent to a file otherwise, and reading it here
  // would take time from what is measured. `exec` keeps the process id.
  const child = new Deno.Command("/bin/sh", {
    args: [
      "-c",
      'log="$1"; shift; exec "$@" >"$log" 2>&1',
      "sh",
      log,
      start.command,
      ...args,
    ],
    env: { ...cleanEnv(), ...start.env, NO_COLOR: "1", PORT: String(port) },
    clearEnv: true,
    cwd: start.cwd,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  running.add(child);
  let ended: Deno.CommandStatus | undefined;
  child.status.then((status) => ended = status);
  const lastWords = async () => {
    const state = ended === undefined ? "runs" : `ended with ${ended.signal ?? ended.code}`;
    return `The server ${state}; it printed:\n${(await Deno.readTextFile(log)).slice(-3000)}`;
  };
  while (!await isReady(port, { path: readyPath, status: readyStatus })) {
    if (ended === undefined && performance.now() - started < READY_WITHIN_MS) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      continue;
    }
    const words = await lastWords();
    await end(child);
    throw new Error(`A server did not start: ${args.join(" ")}\n${words}`);
  }
  return {
    pid: child.pid,
    port,
    readyAfterMs: performance.now() - started,
    lastWords,
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** Runs a program that prints a line of JSON, and returns it; throws with what it complained of. */
export async function runProgram<T>(start: Start): Promise<T> {
  const child = new Deno.Command(start.command, {
    args: [...argsOf(start, 0)],
    env: { ...cleanEnv(), ...start.env, NO_COLOR: "1" },
    clearEnv: true,
    cwd: start.cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  running.add(child);
  const { success, stdout, stderr } = await child.output();
  running.delete(child);
  if (!success) throw new Error(new TextDecoder().decode(stderr).slice(-4000));
  return JSON.parse(new TextDecoder().decode(stdout)) as T;
}

async function end(child: Deno.ChildProcess): Promise<void> {
  try {
    // Nothing has to be saved, and a graceful end would take its time over thousands of sockets.
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  await child.status;
  running.delete(child);
}

function argsOf({ args }: Start, port: number): readonly string[] {
  return typeof args === "function" ? args(port) : args;
}

async function isReady(
  port: number,
  { path, status }: { path: string; status: number },
): Promise<boolean> {
  try {
    const connection = await HttpConnection.open(port);
    try {
      const answer = await connection.send(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      return answer.status === status;
    } finally {
      connection.close();
    }
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The environment without anything that configures a Bellwire of whoever runs the bench. */
function cleanEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) =>
      !name.startsWith("BELLWIRE_") && !["HOST", "PORT", "DENO_KV_ACCESS_TOKEN"].includes(name)
    ),
  );
}
