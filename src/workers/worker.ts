/// <reference lib="deno.worker" />
/**
 * One isolate of several that share a port: an instance like any other, which asks the main isolate
 * when it has to speak for all of them.
 *
 * @module
 */
import { systemClock, within } from "../clock.ts";
import { whyNot } from "../failure.ts";
import { type Instance, startInstance, type Whole } from "../instance.ts";
import { type Logging, startLogging } from "../ops/logging.ts";
import { outliveBugs } from "../ops/outlive_bugs.ts";
import { createDevPages } from "../pages/dev_pages.ts";
import { mergeMetrics } from "./merge_metrics.ts";
import type { FromWorker, Report, ToWorker, WorkerStart } from "./messages.ts";

const FLUSH_MS = 1_000;

const asked = new Map<number, (reports: readonly Report[]) => void>();
let calls = 0;
let instance: Instance | undefined;
let logging: Logging | undefined;
let own: Whole | undefined;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => void receive(data);

async function receive(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "start":
      return await start(message.start);
    case "report":
      return post({ type: "reported", call: message.call, report: await report() });
    case "reports":
      asked.get(message.call)?.(message.reports);
      asked.delete(message.call);
      return;
    case "stop": {
      const over = await instance?.stop() ?? true;
      if (logging !== undefined) await within(systemClock, FLUSH_MS, logging.flush());
      return post({ type: "stopped", over });
    }
  }
}

async function start({ config, credentials, version, port }: WorkerStart): Promise<void> {
  logging = startLogging(config.log);
  outliveBugs(logging.log);
  try {
    const pages = await createDevPages(config, credentials);
    instance = await startInstance({
      config,
      credentials,
      log: logging.log,
      version,
      worker: { port, whole },
      ...(pages === undefined ? {} : { pages }),
    });
    post({ type: "started", url: instance.url, port: instance.port });
  } catch (error) {
    post({ type: "failed", message: whyNot(error, config) });
  }
}

function whole(mine: Whole): Whole {
  own = mine;
  return {
    async ready() {
      const reports = await askAll();
      return reports.find(({ ready }) => !ready.ok)?.ready ?? { ok: true };
    },
    async metrics() {
      return mergeMetrics((await askAll()).map(({ metrics }) => metrics));
    },
  };
}

async function report(): Promise<Report> {
  if (own === undefined) return { ready: { ok: false, reason: "Starting" }, metrics: "" };
  return { ready: await own.ready(), metrics: await own.metrics() };
}

function askAll(): Promise<readonly Report[]> {
  const call = ++calls;
  return new Promise((resolve) => {
    asked.set(call, resolve);
    post({ type: "ask", call });
  });
}

function post(message: FromWorker): void {
  self.postMessage(message);
}
