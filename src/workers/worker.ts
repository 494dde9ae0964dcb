/// <reference lib="deno.worker" />
/**
 * One isolate of several that share a port: an instance like any other, which asks the main isolate
 * when it has to speak for all of them.
 *
 * @module
 */
import { systemClock, within } from "../clock.ts";
import { describeStartError } from "../server/describe_start_error.ts";
import { type Instance, type ProcessStatus, startInstance } from "../server/start.ts";
import { type Logging, startLogging } from "../ops/logging.ts";
import { outliveBugs } from "../ops/outlive_bugs.ts";
import { mergeMetrics } from "./merge_metrics.ts";
import type { FromWorker, Report, ToWorker, WholeReport, WorkerStart } from "./messages.ts";
import { SharedPlaces } from "./shared_places.ts";
import { Turns } from "./turns.ts";

const FLUSH_MS = 1_000;

const asked = new Map<number, (whole: WholeReport) => void>();
const claimed = new Map<number, (taken: boolean) => void>();
let calls = 0;
let instance: Instance | undefined;
const started = Promise.withResolvers<Instance>();
let logging: Logging | undefined;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => void receive(data);

async function receive(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "start":
      return await start(message.start);
    case "ping":
      return post({ type: "pong" });
    case "report":
      return post({ type: "reported", call: message.call, report: await report() });
    case "whole":
      asked.get(message.call)?.(message.whole);
      asked.delete(message.call);
      return;
    case "place":
      claimed.get(message.call)?.(message.taken);
      claimed.delete(message.call);
      return;
    case "apply":
      return await apply(message);
    case "stop": {
      const over = await instance?.stop() ?? true;
      if (logging !== undefined) await within(systemClock, FLUSH_MS, logging.flush());
      return post({ type: "stopped", over });
    }
  }
}

async function start(
  { config, credentials, version, port, number, isFirst, seats, turns }: WorkerStart,
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
        places: new SharedPlaces({
          seats,
          worker: number,
          max: config.maxConnections,
          takePlace: (user) => call(claimed, (call) => ({ type: "takePlace", call, user })),
          givePlaceBack: (user) => post({ type: "givePlaceBack", user }),
        }),
      },
    });
    started.resolve(instance);
    post({ type: "started", url: instance.url, port: instance.port });
  } catch (error) {
    post({ type: "failed", message: describeStartError(error, config) });
  }
}

/** One that starts had other settings when it began, so that these are for when it has. */
async function apply(
  { call, settings }: Extract<ToWorker, { type: "apply" }>,
): Promise<void> {
  try {
    await (await started.promise).apply(settings);
    post({ type: "applied", call });
  } catch (error) {
    post({
      type: "applied",
      call,
      failure: error instanceof Error ? error.message : String(error),
    });
  }
}

/** The status of all workers of the process. */
const processStatus: ProcessStatus = {
  async ready() {
    const { reports } = await askAll();
    return reports.find(({ ready }) => !ready.ok)?.ready ?? { ok: true };
  },
  async metrics() {
    const { reports, users } = await askAll();
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

function askAll(): Promise<WholeReport> {
  return call(asked, (call) => ({ type: "ask", call }));
}

/** Sends a message that is answered under its number. */
function call<T>(
  waiting: Map<number, (answer: T) => void>,
  message: (call: number) => FromWorker,
): Promise<T> {
  const call = ++calls;
  return new Promise((resolve) => {
    waiting.set(call, resolve);
    post(message(call));
  });
}

function post(message: FromWorker): void {
  self.postMessage(message);
}
