import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "../config.ts";
import type { Log } from "../ops/log.ts";
import type { FromWorker, Report, ToWorker } from "./messages.ts";

export interface PoolOptions {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly version: string;
}

/** A worker could not start; the message says why, for whoever started the service. */
export class WorkerFailed extends Error {
  override readonly name = "WorkerFailed";
}

const AGAIN_MS = 1_000;
const REPORT_WITHIN_MS = 3_000;
const SILENT: Report = { ready: { ok: false, reason: "A worker does not answer" }, metrics: "" };

/** Several isolates that listen on one port. One that crashes is started again. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #members: Member[];
  #stopping = false;

  private constructor(options: PoolOptions) {
    this.#options = options;
    this.#members = Array.from({ length: options.config.workers }, () => new Member());
  }

  /** Starts all workers, the first one first: it may have to find a free port for all. */
  static async start(options: PoolOptions): Promise<{ pool: Pool; url: string }> {
    const pool = new Pool(options);
    const [first, ...others] = pool.#members as [Member, ...Member[]];
    const { url, port } = await pool.#start(first, options.config.port);
    await Promise.all(others.map((member) => pool.#start(member, port)));
    return { pool, url };
  }

  /** Drains and stops all of them at once; false where a peer would not let go. */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    const over = await Promise.all(this.#members.map((member) => member.stop()));
    return over.every(Boolean);
  }

  #start(member: Member, port: number): Promise<{ url: string; port: number }> {
    const { config, credentials, version, log } = this.#options;
    const share = (all: number) => Math.ceil(all / config.workers);
    const own = { ...config, maxConnections: share(config.maxConnections) };
    return member.start({ config: own, credentials, version, port }, {
      ask: () => Promise.all(this.#members.map((other) => other.report())),
      crashed: (error) => {
        log.error("worker.crashed", { error });
        setTimeout(() => this.#restart(member, port), AGAIN_MS);
      },
    });
  }

  #restart(member: Member, port: number): void {
    if (this.#stopping) return;
    this.#start(member, port).catch((error) => {
      this.#options.log.error("worker.failed", { error });
      setTimeout(() => this.#restart(member, port), AGAIN_MS);
    });
  }
}

interface MemberEvents {
  /** It has to speak for all. */
  readonly ask: () => Promise<readonly Report[]>;
  /** It is gone, and was not asked to go. */
  readonly crashed: (error: unknown) => void;
}

/** The main isolate's side of one worker. */
class Member {
  #worker: Worker | undefined;
  #calls = 0;
  readonly #reports = new Map<number, (report: Report) => void>();
  #stopped: PromiseWithResolvers<boolean> | undefined;

  start(
    start: Extract<ToWorker, { type: "start" }>["start"],
    events: MemberEvents,
  ): Promise<{ url: string; port: number }> {
    const worker = new Worker(import.meta.resolve("./worker.ts"), { type: "module" });
    this.#worker = worker;
    let isStarted = false;
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === "started") {
          isStarted = true;
          resolve(data);
        } else if (data.type === "failed") {
          worker.terminate();
          this.#gone();
          reject(new WorkerFailed(data.message));
        } else {
          void this.#receive(data, events);
        }
      };
      worker.onerror = (event) => {
        // Unhandled, it would end the whole process.
        event.preventDefault();
        this.#gone();
        if (isStarted) events.crashed(event.error);
        else reject(event.error);
      };
      this.#post({ type: "start", start });
    });
  }

  /** What it says of itself; that it does not answer counts as an answer. */
  report(): Promise<Report> {
    if (this.#worker === undefined) return Promise.resolve(SILENT);
    const call = ++this.#calls;
    return new Promise((resolve) => {
      const answer = (report: Report) => {
        clearTimeout(timer);
        this.#reports.delete(call);
        resolve(report);
      };
      const timer = setTimeout(() => answer(SILENT), REPORT_WITHIN_MS);
      this.#reports.set(call, answer);
      this.#post({ type: "report", call });
    });
  }

  async stop(): Promise<boolean> {
    if (this.#worker === undefined) return true;
    this.#stopped = Promise.withResolvers();
    this.#post({ type: "stop" });
    const over = await this.#stopped.promise;
    this.#worker?.terminate();
    return over;
  }

  async #receive(message: FromWorker, events: MemberEvents): Promise<void> {
    if (message.type === "reported") this.#reports.get(message.call)?.(message.report);
    if (message.type === "stopped") this.#stopped?.resolve(message.over);
    if (message.type === "ask") {
      this.#post({ type: "reports", call: message.call, reports: await events.ask() });
    }
  }

  #gone(): void {
    this.#worker = undefined;
    this.#stopped?.resolve(true);
    for (const answer of this.#reports.values()) answer(SILENT);
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}
