import { observeRows } from "../ceilings/observed_rows.ts";
import type { KvJob } from "../ceilings/kv.ts";
import { assumedShapes, type RowShapes } from "../ceilings/row_shapes.ts";
import type { DialectName, LoadJob } from "../load/main.ts";
import type { Measure } from "../measures.ts";
import type { Scale } from "../scale.ts";
import type { Result } from "../scenarios/scenario.ts";
import { startBareSockets } from "./bare_sockets.ts";
import { startBellwire } from "./bellwire.ts";
import { places } from "./places.ts";
import { type RunningServer, runProgram } from "./processes.ts";
import { scratchPath } from "./scratch.ts";
import { type SocketIoRuntime, startSocketIo } from "./socket_io.ts";

/** Who is measured. */
export type Contender = "bellwire" | "ceiling" | "socketIo";

const DEADLINE_MS = 120_000;

/** Lets contenders do the same work, each in a new process with nothing stored. */
export class Contest {
  readonly #scale: Scale;
  readonly #runtime: SocketIoRuntime | undefined;
  #shapes: RowShapes = assumedShapes;
  #observed = false;

  /** @param options.socketIo without it, the rival is not measured */
  constructor(options: { scale: Scale; socketIo: SocketIoRuntime | undefined }) {
    this.#scale = options.scale;
    this.#runtime = options.socketIo;
  }

  /** The rows that the ceiling commits, and whether they were seen in a service's file. */
  get shapes(): { readonly shapes: RowShapes; readonly observed: boolean } {
    return { shapes: this.#shapes, observed: this.#observed };
  }

  /** Runs one measure with one contender; `undefined` where it has no part in it. */
  async run(measure: Measure, contender: Contender): Promise<Result | undefined> {
    switch (contender) {
      case "bellwire":
        return await this.#bellwire(measure);
      case "ceiling":
        return await this.#ceiling(measure);
      case "socketIo": {
        const runtime = this.#runtime;
        if (!measure.rival || runtime === undefined) return undefined;
        return await this.#serve(() => startSocketIo(runtime), measure, "socketIo");
      }
    }
  }

  async #bellwire(measure: Measure): Promise<Result> {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/bellwire.db`;
    const result = await this.#serve(() => startBellwire(path), measure, "bellwire");
    if (measure.ceiling === "kvRate" || measure.ceiling === "kvLatency") {
      const shapes = await observeRows(path);
      if (shapes !== undefined) {
        // How many heads a commit may hold shows only where there is more to commit than fits.
        const headsPerCommit = measure.ceiling === "kvRate"
          ? shapes.headsPerCommit
          : this.#shapes.headsPerCommit;
        this.#shapes = { ...shapes, headsPerCommit };
        this.#observed = true;
      }
    }
    return result;
  }

  async #ceiling(measure: Measure): Promise<Result | undefined> {
    if (measure.ceiling === undefined) return undefined;
    if (measure.ceiling === "sockets") {
      return await this.#serve(startBareSockets, measure, "bareSockets");
    }
    await using directory = await temporaryDirectory();
    return await runDeno<KvJob>(places.kvCeiling, {
      measure: measure.ceiling === "kvRate" ? "rate" : "latency",
      path: `${directory.path}/ceiling.db`,
      shapes: this.#shapes,
      scale: this.#scale,
      deadlineMs: DEADLINE_MS,
    });
  }

  async #serve(
    start: () => Promise<RunningServer>,
    { work }: Measure,
    dialect: DialectName,
  ): Promise<Result> {
    await using server = await start();
    if (work === "start") return { readyAfterMs: server.readyAfterMs };
    const { port, pid } = server;
    const job = { scenario: work, dialect, port, pid, scale: this.#scale, deadlineMs: DEADLINE_MS };
    try {
      return await runDeno<LoadJob>(places.generator, job);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${await server.lastWords()}`, { cause: error });
    }
  }
}

function runDeno<Job>(program: string, job: Job): Promise<Result> {
  return runProgram<Result>({
    command: Deno.execPath(),
    args: ["run", "--allow-all", program, JSON.stringify(job)],
    env: {},
    cwd: places.root,
  });
}

async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = scratchPath("kv");
  await Deno.mkdir(path);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
