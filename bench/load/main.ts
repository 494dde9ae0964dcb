// deno-lint-ignore-file no-console -- a program that prints its result

/**
 * The load generator: runs one scenario against a running server and prints its result as JSON.
 *
 * @module
 */

import { deliveryLatency, publishLatency } from "../scenarios/publish_latency.ts";
import { fanOut } from "../scenarios/fan_out.ts";
import { idleMemory } from "../scenarios/idle_memory.ts";
import { publishRate, publishRateReceiving } from "../scenarios/publish_rate.ts";
import { reconnect } from "../scenarios/reconnect.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Scale } from "../scale.ts";
import { watchCpu } from "./cpu_time.ts";
import { bareSockets } from "./dialects/bare_sockets.ts";
import { bellwire } from "./dialects/bellwire.ts";
import { socketIo } from "./dialects/socket_io.ts";

const dialects = { bellwire, socketIo, bareSockets };
const scenarios = {
  publishRate,
  publishRateReceiving,
  publishLatency,
  deliveryLatency,
  fanOut,
  idleMemory,
  reconnect,
} satisfies Record<string, Scenario>;

/** Which protocols the generator speaks. */
export type DialectName = keyof typeof dialects;
/** Which loads it puts on a server. */
export type ScenarioName = keyof typeof scenarios;

/** The generator's only argument, as JSON. */
export interface LoadJob {
  readonly scenario: ScenarioName;
  readonly dialect: DialectName;
  readonly port: number;
  /** The server's process. */
  readonly pid: number;
  readonly scale: Scale;
  /** Milliseconds after which the generator gives up. */
  readonly deadlineMs: number;
}

if (import.meta.main) {
  const job = JSON.parse(Deno.args[0] ?? "{}") as LoadJob;
  setTimeout(() => {
    console.error(`${job.scenario} took longer than ${job.deadlineMs} ms`);
    Deno.exit(1);
  }, job.deadlineMs);
  const usedCores = await watchCpu(job.pid);
  const result = await scenarios[job.scenario]({ ...job, dialect: dialects[job.dialect] });
  console.log(JSON.stringify({ ...result, ...await usedCores() }));
  Deno.exit(0);
}
