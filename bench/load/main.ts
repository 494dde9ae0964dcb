// deno-lint-ignore-file no-console -- a program that prints its result

/**
 * The load generator: runs one scenario against a running server and prints its result as JSON.
 *
 * @module
 */

import { deliveryAcrossWorkers } from "../scenarios/across_workers.ts";
import { clientSizes } from "../scenarios/client_sizes.ts";
import { deliveryRate, topicDeliveryRate } from "../scenarios/delivery_rate.ts";
import { everyoneFanOut, fanOut } from "../scenarios/fan_out.ts";
import { idleMemory } from "../scenarios/idle_memory.ts";
import { instanceKilled } from "../scenarios/instance_killed.ts";
import { jitter } from "../scenarios/jitter.ts";
import { longInbox } from "../scenarios/long_inbox.ts";
import { pageStart } from "../scenarios/page_start.ts";
import {
  deliveryElsewhere,
  deliveryLatency,
  publishLatency,
} from "../scenarios/publish_latency.ts";
import { publishRate, publishRateReceiving } from "../scenarios/publish_rate.ts";
import { readAll } from "../scenarios/read_all.ts";
import { reconnect } from "../scenarios/reconnect.ts";
import { routeCost } from "../scenarios/route_cost.ts";
import { topicSize } from "../scenarios/topic_size.ts";
import type { Place, Scenario } from "../scenarios/scenario.ts";
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
  deliveryElsewhere,
  deliveryAcrossWorkers,
  instanceKilled,
  routeCost,
  deliveryRate,
  everyoneFanOut,
  topicDeliveryRate,
  readAll,
  jitter,
  topicSize,
  clientSizes,
  pageStart,
  longInbox,
} satisfies Record<string, Scenario>;

/** Which protocols the generator speaks. */
export type DialectName = keyof typeof dialects;
/** Which loads it puts on a server. */
export type ScenarioName = keyof typeof scenarios;

/** The generator's only argument, as JSON. */
export interface LoadJob {
  readonly scenario: ScenarioName;
  readonly dialect: DialectName;
  /** At least one; several share a KV. */
  readonly instances: readonly Place[];
  /** Of the `denokv` server, if there is one. */
  readonly denokvPid?: number;
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
  const { instances, denokvPid, scale } = job;
  const cpu = await watchCpu({ servers: instances.map(({ pid }) => pid), store: denokvPid });
  const result = await scenarios[job.scenario]({
    ...instances[0] as Place,
    instances,
    dialect: dialects[job.dialect],
    scale,
    kill: async ({ pid }) => {
      await cpu.farewell(pid);
      Deno.kill(pid, "SIGKILL");
    },
  });
  console.log(JSON.stringify({ ...result, ...await cpu.used() }));
  Deno.exit(0);
}
