// deno-lint-ignore-file no-console -- a program that prints its result

/**
 * What the KV file can do with the rows of a publish when nothing stands in front of it: no HTTP, no
 * validation, no sockets. Prints its result as JSON.
 *
 * @module
 */

import { watchCpu } from "../load/cpu_time.ts";
import { Latencies } from "../load/latencies.ts";
import { pace, preciseNow } from "../load/pacer.ts";
import { userIds } from "../load/users.ts";
import type { Scale } from "../scale.ts";
import type { Result } from "../scenarios/scenario.ts";
import { BareJournal } from "./bare_journal.ts";
import type { RowShapes } from "./row_shapes.ts";

/** The program's only argument, as JSON. */
export interface KvJob {
  /** `rate`: publishes a second in a closed loop; `latency`: milliseconds at a fixed rate. */
  readonly measure: "rate" | "latency";
  /** A file that is not there yet, or the address of a `denokv` server with nothing in it. */
  readonly path: string;
  /** Of the `denokv` server. */
  readonly denokvPid?: number;
  readonly shapes: RowShapes;
  readonly scale: Scale;
  /** Milliseconds after which it gives up. */
  readonly deadlineMs: number;
}

async function rate(journal: BareJournal, scale: Scale): Promise<Result> {
  const start = performance.now() + scale.warmUpMs;
  const end = start + scale.measureMs;
  let n = 0;
  let counted = 0;
  const publisher = async () => {
    let now = performance.now();
    while (now < end) {
      await journal.publish(n++ % scale.users);
      now = performance.now();
      if (now >= start && now < end) counted++;
    }
  };
  await Promise.all(Array.from({ length: scale.connections }, publisher));
  return { perSecond: counted / (scale.measureMs / 1000) };
}

async function latency(journal: BareJournal, scale: Scale): Promise<Result> {
  const every = 1000 / scale.rate;
  const warmUp = Math.round(scale.warmUpMs / every);
  const count = warmUp + Math.round(scale.measureMs / every);
  const answered = new Latencies(count);
  const publishing: Promise<void>[] = [];
  await pace({ every, count }, (n, due) => {
    publishing.push(
      journal.publish(n % scale.users).then(() => {
        if (n >= warmUp) answered.record(preciseNow() - due);
      }),
    );
  });
  await Promise.all(publishing);
  return { answeredP50: answered.percentile(0.5), answeredP99: answered.percentile(0.99) };
}

if (import.meta.main) {
  const job = JSON.parse(Deno.args[0] ?? "{}") as KvJob;
  setTimeout(() => {
    console.error(`The ceiling of the KV took longer than ${job.deadlineMs} ms`);
    Deno.exit(1);
  }, job.deadlineMs);
  const on = job.denokvPid === undefined ? "file" : "denokv";
  const journal = await BareJournal.open({ ...job, users: userIds(job.scale.users), on });
  const cpu = await watchCpu({ store: job.denokvPid });
  const result = await (job.measure === "rate" ? rate : latency)(journal, job.scale);
  journal.close();
  console.log(JSON.stringify({ ...result, ...await cpu.used() }));
  Deno.exit(0);
}
