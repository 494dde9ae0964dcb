import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "../config/config.ts";
import { lockKvFile } from "../kv/deno/file_lock.ts";
import type { Log } from "../ops/log.ts";
import type { Service } from "../server/start.ts";
import { type WorkerCrashed, WorkerHandle, WorkerSilent } from "./worker_handle.ts";
import { type Settings, withSettings } from "../config/settings.ts";
import type { ProcessReport, Report, WorkerStart } from "./messages.ts";
import { Restarts } from "./restarts.ts";
import {
  SharedConnectionLimiter,
  slotsBytes,
  UserConnectionCounts,
} from "./shared_connection_limiter.ts";
import { Turns, TURNS_BYTES } from "./turns.ts";

export interface PoolOptions {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly version: string;
  /**
   * Called at most once, when the service cannot go on because a worker crashes at each start, or is stuck:
   * stop the service and end the process with an error.
   */
  readonly onGivenUp: (error: unknown) => void;
}

/** What a worker may need beyond the shutdown delay and the drain time, such as to write its log. */
const STOP_SPARE_MS = 3_000;
const STOPPING: Report = { ready: { ok: false, reason: "The service is stopping" }, metrics: "" };

/** The place of one worker and of the workers that replace it. */
interface Slot {
  readonly number: number;
  readonly handle: WorkerHandle;
  readonly restarts: Restarts;
}

/** Several isolates that listen on one port. A worker that crashes is restarted. */
export class Pool implements Service {
  #url = "";
  #lock: Disposable | undefined;
  readonly #options: PoolOptions;
  readonly #slots: readonly Slot[];
  readonly #slotMemory: SharedArrayBuffer;
  readonly #turns = new SharedArrayBuffer(TURNS_BYTES);
  readonly #users: UserConnectionCounts;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** The configuration with the settings that are in force now. */
  #inForce: Pick<WorkerStart, "config" | "credentials">;
  #stopping = false;
  #givenUp = false;

  private constructor(options: PoolOptions) {
    const { config } = options;
    this.#options = options;
    this.#inForce = options;
    this.#slots = Array.from({ length: config.workers }, (_, number) => ({
      number,
      handle: new WorkerHandle(),
      restarts: new Restarts(() => performance.now()),
    }));
    this.#slotMemory = new SharedArrayBuffer(slotsBytes(config.workers));
    this.#users = new UserConnectionCounts(config.maxConnectionsPerUser);
  }

  /**
   * Starts all workers. The first one starts before the others, since it checks the port, or chooses one.
   * Rejects with `StartError`, and with what `lockKvFile` throws; no worker is left then.
   */
  static async start(options: PoolOptions): Promise<Pool> {
    const pool = new Pool(options);
    const { kv, port: chosen } = options.config;
    try {
      // The workers share the file among themselves, and with no other process.
      if (kv.kind === "file") pool.#lock = await lockKvFile(kv.path);
      const [first, ...others] = pool.#slots as [Slot, ...Slot[]];
      const { url, port } = await pool.#start(first, { port: chosen, isFirst: true });
      await Promise.all(others.map((slot) => pool.#start(slot, { port, isFirst: false })));
      pool.#url = url;
      return pool;
    } catch (error) {
      pool.#end();
      throw error;
    }
  }

  get url(): string {
    return this.#url;
  }

  /** Replaces the settings of all workers, including those that are started later. */
  async apply(settings: Settings): Promise<void> {
    const { config } = this.#options;
    this.#inForce = { config: withSettings(config, settings), credentials: settings.credentials };
    const applied = await Promise.allSettled(
      this.#slots.map(({ handle }) => handle.apply(settings)),
    );
    for (const result of applied) if (result.status === "rejected") throw result.reason;
  }

  /** Drains and stops all workers at the same time. */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const { shutdownDelayMs, drainMs } = this.#options.config;
    const within = shutdownDelayMs + drainMs + STOP_SPARE_MS;
    const over = await Promise.all(this.#slots.map(({ handle }) => handle.stop(within)));
    this.#lock?.[Symbol.dispose]();
    return over.every(Boolean);
  }

  async #start(
    { number, handle, restarts }: Slot,
    { port, isFirst }: { port: number; isFirst: boolean },
  ): Promise<{ url: string; port: number }> {
    const { config, credentials } = this.#inForce;
    const { version } = this.#options;
    const shared = { slots: this.#slotMemory, turns: this.#turns };
    const started = await handle.start(
      { config, credentials, version, port, number, isFirst, ...shared },
      {
        reportAll: () => this.#reportAll(),
        takePlace: (user) => this.#users.take(number, user),
        givePlaceBack: (user) => this.#users.giveBack(number, user),
        crashed: (error) => this.#crashed(number, { port: started.port, error }),
      },
    );
    restarts.started();
    return started;
  }

  async #reportAll(): Promise<ProcessReport> {
    const reports = await Promise.all(this.#slots.map(({ handle }) => handle.report()));
    // The workers may not have received the message yet.
    if (this.#stopping) reports.push(STOPPING);
    return { reports, users: this.#users.users };
  }

  #crashed(
    number: number,
    { port, error }: { port: number; error: WorkerCrashed | WorkerSilent },
  ): void {
    this.#release(number);
    this.#options.log.error("worker.crashed", { error, worker: number });
    const slot = this.#slots[number];
    if (this.#stopping || slot === undefined) return;
    slot.restarts.crashed();
    if (error instanceof WorkerSilent || slot.restarts.keepsCrashing) this.#giveUp(error);
    else this.#startLater(slot, port);
  }

  /** Frees what a worker held that has ended. */
  #release(number: number): void {
    SharedConnectionLimiter.releaseAll(this.#slotMemory, number);
    Turns.endOf(this.#turns, number);
    this.#users.forget(number);
  }

  #startLater(slot: Slot, port: number): void {
    const { number, restarts } = slot;
    const timer = setTimeout(async () => {
      this.#timers.delete(timer);
      try {
        await this.#start(slot, { port, isFirst: false });
        this.#options.log.info("worker.restarted", { worker: number });
      } catch (error) {
        this.#release(number);
        if (this.#stopping) return;
        this.#options.log.error("worker.failed", { error, worker: number });
        restarts.failed();
        // The other workers can go on without this one, for example until the KV is back.
        const isLast = !this.#slots.some(({ handle }) => handle.isRunning);
        if (isLast && restarts.keepsFailing) this.#giveUp(error);
        else this.#startLater(slot, port);
      }
    }, restarts.pause);
    this.#timers.add(timer);
  }

  #giveUp(error: unknown): void {
    if (this.#givenUp) return;
    this.#givenUp = true;
    this.#options.onGivenUp(error);
  }

  #end(): void {
    this.#stopping = true;
    for (const { handle } of this.#slots) handle.end();
    this.#lock?.[Symbol.dispose]();
  }
}
