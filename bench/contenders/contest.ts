import type { KvJob } from "../ceilings/kv.ts";
import { observeRows } from "../ceilings/observed_rows.ts";
import { assumedShapes, HEADS_PER_COMMIT_DENOKV, type RowShapes } from "../ceilings/row_shapes.ts";
import type { DialectName, LoadJob } from "../load/main.ts";
import type { Measure } from "../measures.ts";
import type { Scale } from "../scale.ts";
import type { Result } from "../scenarios/scenario.ts";
import { startBareSockets } from "./bare_sockets.ts";
import { alone, startCluster } from "./cluster.ts";
import { startDenokv } from "./denokv.ts";
import { places } from "./places.ts";
import { type RunningServer, runProgram } from "./processes.ts";
import { scratchPath } from "./scratch.ts";
import { type SocketIoRuntime, startSocketIo } from "./socket_io.ts";

/** Who is measured. */
export type Contender = "bellwire" | "ceiling" | "socketIo";

const DEADLINE_MS = 120_000;

/** What the generator is pointed at. */
interface Target {
  readonly instances: readonly RunningServer[];
  readonly denokv?: RunningServer | undefined;
  readonly readyAfterMs: number;
}

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
        return await this.#serveOne(() => startSocketIo(runtime), measure, "socketIo");
      }
    }
  }

  async #bellwire(measure: Measure): Promise<Result> {
    await using directory = await temporaryDirectory();
    let result: Result;
    {
      await using cluster = await startCluster(measure.topology ?? alone, directory.path);
      result = await this.#serve(cluster, measure, "bellwire");
    }
    if (measure.ceiling === "kvRate" || measure.ceiling === "kvLatency") {
      const shapes = await observeRows(`${directory.path}/bellwire.db`);
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
      return await this.#serveOne(startBareSockets, measure, "bareSockets");
    }
    await using directory = await temporaryDirectory();
    const job = {
      measure: measure.ceiling === "kvLatency" ? "latency" : "rate",
      scale: this.#scale,
      deadlineMs: DEADLINE_MS,
    } as const;
    if (measure.ceiling !== "denokvRate") {
      const path = `${directory.path}/ceiling.db`;
      return await runDeno<KvJob>(places.kvCeiling, { ...job, path, shapes: this.#shapes });
    }
    const denokv = await startDenokv(directory.path);
    await using server = denokv.server;
    const shapes = { ...this.#shapes, headsPerCommit: HEADS_PER_COMMIT_DENOKV };
    const path = denokv.env.BELLWIRE_KV;
    return await runDeno<KvJob>(
      places.kvCeiling,
      { ...job, path, shapes, denokvPid: server.pid },
      denokv.env,
    );
  }

  async #serveOne(
    start: () => Promise<RunningServer>,
    measure: Measure,
    dialect: DialectName,
  ): Promise<Result> {
    await using server = await start();
    return await this.#serve(
      { instances: [server], readyAfterMs: server.readyAfterMs },
      measure,
      dialect,
    );
  }

  async #serve(
    { instances, denokv, readyAfterMs }: Target,
    { work }: Measure,
    dialect: DialectName,
  ): Promise<Result> {
    if (work === "start") return { readyAfterMs };
    const job = {
      scenario: work,
      dialect,
      instances: instances.map(({ port, pid }) => ({ port, pid })),
      ...(denokv === undefined ? {} : { denokvPid: denokv.pid }),
      scale: this.#scale,
      deadlineMs: DEADLINE_MS,
    };
    try {
      return await runDeno<LoadJob>(places.generator, job);
    } catch (error) {
      const words = await Promise.all(instances.map((instance) => instance.lastWords()));
      throw new Error(`${(error as Error).message}\n${words.join("\n")}`, { cause: error });
    }
  }
}

function runDeno<Job>(
  program: string,
  job: Job,
  env: Readonly<Record<string, string>> = {},
): Promise<Result> {
  return runProgram<Result>({
    command: Deno.execPath(),
    args: ["run", "--allow-all", program, JSON.stringify(job)],
    env,
    cwd: places.root,
  });
}

async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = scratchPath("kv");
  await Deno.mkdir(path);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
