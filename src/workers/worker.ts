/// <reference lib="deno.worker" />
/**
 * One isolate of several that share a port: an instance like any other, which asks the main isolate
 * for what concerns all of them.
 *
 * @module
 */
import { systemClock, within } from "../clock.ts";
import { type Logging, startLogging } from "../ops/logging.ts";
import { outliveBugs } from "../ops/outlive_bugs.ts";
import { describeStartError } from "../server/describe_start_error.ts";
import { type Instance, type ProcessStatus, startInstance } from "../server/start.ts";
import { mergeMetrics } from "./merge_metrics.ts";
import type { FromWorker, ProcessReport, Report, ToWorker, WorkerStart } from "./messages.ts";
import { SharedConnectionLimiter } from "./shared_connection_limiter.ts";
import { Turns } from "./turns.ts";

/** How long stopping waits until the log is written. */
const FLUSH_MS = 1_000;

const started = Promise.withResolvers<Instance>();
let instance: Instance | undefined;
let logging: Logging | undefined;
const pending = new Map<number, (value: unknown) => void>();
let calls = 0;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => void receive(data);

async function receive(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "start":
      return await start(message.start);
    case "ping":
      return post({ type: "pong" });
    case "report":
      return answer(message.call, await report());
    case "apply": {
      // A worker that is starting has begun with the settings before these.
      const applied = started.promise.then((instance) => instance.apply(message.settings));
      return answer(message.call, await applied.then(() => undefined, messageOf));
    }
    case "stop": {
      const isOver = await instance?.stop() ?? true;
      if (logging !== undefined) await within(systemClock, FLUSH_MS, logging.flush());
      return answer(message.call, isOver);
    }
    case "answer":
      pending.get(message.call)?.(message.value);
      pending.delete(message.call);
  }
}

async function start(
  { config, credentials, version, port, number, isFirst, slots, turns }: WorkerStart,
): Promise<void> {
  logging = startLogging({ ...config.log, worker: number });
  outliveBugs(logging.log);
  try {
    instance = await startInstance({
      config,
      credentials,
      log: logging.log,
      version,
      worker: {
        port,
        isFirst,
        count: config.workers,
        processStatus,
        turns: new Turns(turns, number),
        limiter: new SharedConnectionLimiter({
          slots,
          worker: number,
          max: config.maxConnections,
          acquireUserSlot: (user) => call((call) => ({ type: "takePlace", call, user })),
          releaseUserSlot: (user) => post({ type: "givePlaceBack", user }),
        }),
      },
    });
    started.resolve(instance);
    post({ type: "started", url: instance.url, port: instance.port });
  } catch (error) {
    post({ type: "failed", message: describeStartError(error, config) });
  }
}

/** The status of all workers of the process. */
const processStatus: ProcessStatus = {
  async ready() {
    const { reports } = await reportAll();
    return reports.find(({ ready }) => !ready.ok)?.ready ?? { ok: true };
  },
  async metrics() {
    const { reports, users } = await reportAll();
    const texts = reports.map(({ metrics }) => metrics);
    return mergeMetrics(texts, { bellwire_connected_users: users });
  },
};

/** The status of this worker alone. */
async function report(): Promise<Report> {
  const status = instance?.status;
  if (status === undefined) return { ready: { ok: false, reason: "Starting" }, metrics: "" };
  return { ready: await status.ready(), metrics: await status.metrics() };
}

function reportAll(): Promise<ProcessReport> {
  return call((call) => ({ type: "reportAll", call }));
}

/** Sends a message under a new number; resolves with the answer to that number. */
function call<T>(message: (call: number) => FromWorker): Promise<T> {
  const call = ++calls;
  return new Promise<T>((resolve) => {
    pending.set(call, resolve as (value: unknown) => void);
    post(message(call));
  });
}

function answer(call: number, value: unknown): void {
  post({ type: "answer", call, value });
}

function post(message: FromWorker): void {
  self.postMessage(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
