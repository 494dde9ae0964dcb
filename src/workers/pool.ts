import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../ops/log.ts";
import { Member, type WorkerCrashed, WorkerSilent } from "./member.ts";
import { type Settings, withSettings } from "../config/settings.ts";
import type { Report, WholeReport, WorkerStart } from "./messages.ts";
import { Restarts } from "./restarts.ts";
import { seatsBytes, SharedPlaces } from "./shared_places.ts";
import { Turns, TURNS_BYTES } from "./turns.ts";
import { UserCounts } from "./user_counts.ts";

export interface PoolOptions {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly version: string;
  /**
   * There is no point in going on: a worker crashes each time it is started, or is stuck. Called once
   * at most.
   */
  readonly onGivenUp: (error: unknown) => void;
  /** The module that each worker runs; `worker.ts` unless given. */
  readonly script?: string;
}

/** What a worker may take longer for than waiting and draining, such as to write its log. */
const STOP_SPARE_MS = 3_000;
const STOPPING: Report = { ready: { ok: false, reason: "The service is stopping" }, metrics: "" };

/** A worker's place, whichever worker has it. */
interface Slot {
  readonly number: number;
  readonly member: Member;
  readonly restarts: Restarts;
}

/** Several isolates that listen on one port. One that crashes is started again. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #slots: readonly Slot[];
  readonly #seats: SharedArrayBuffer;
  readonly #turns = new SharedArrayBuffer(TURNS_BYTES);
  readonly #users: UserCounts;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** What a worker starts with, in the place of what the service was started with. */
  #inForce: Pick<WorkerStart, "config" | "credentials">;
  #stopping = false;
  #givenUp = false;

  private constructor(options: PoolOptions) {
    const { config, script = import.meta.resolve("./worker.ts") } = options;
    this.#options = options;
    this.#inForce = options;
    this.#slots = Array.from({ length: config.workers }, (_, number) => ({
      number,
      member: new Member(script),
      restarts: new Restarts(() => performance.now()),
    }));
    this.#seats = new SharedArrayBuffer(seatsBytes(config.workers));
    this.#users = new UserCounts(config.maxConnectionsPerUser);
  }

  /**
   * Starts all workers, the first one before the others: it makes sure of the port, and finds a free
   * one where it may choose. Rejects with `WorkerFailed`; none is left then.
   */
  static async start(options: PoolOptions): Promise<{ pool: Pool; url: string }> {
    const pool = new Pool(options);
    try {
      const [first, ...others] = pool.#slots as [Slot, ...Slot[]];
      const { url, port } = await pool.#start(first, { port: options.config.port, isFirst: true });
      await Promise.all(others.map((slot) => pool.#start(slot, { port, isFirst: false })));
      return { pool, url };
    } catch (error) {
      pool.#end();
      throw error;
    }
  }

  /** Has all of them go on with other settings, those too that are started later. */
  async apply(settings: Settings): Promise<void> {
    const { config } = this.#options;
    this.#inForce = { config: withSettings(config, settings), credentials: settings.credentials };
    const applied = await Promise.allSettled(
      this.#slots.map(({ member }) => member.apply(settings)),
    );
    for (const result of applied) if (result.status === "rejected") throw result.reason;
  }

  /** Drains and stops all of them at once; false where a peer would not let go. */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const { shutdownDelayMs, drainMs } = this.#options.config;
    const within = shutdownDelayMs + drainMs + STOP_SPARE_MS;
    const over = await Promise.all(this.#slots.map(({ member }) => member.stop(within)));
    return over.every(Boolean);
  }

  async #start(
    { number, member, restarts }: Slot,
    { port, isFirst }: { port: number; isFirst: boolean },
  ): Promise<{ url: string; port: number }> {
    const { config, credentials } = this.#inForce;
    const { version } = this.#options;
    const shared = { seats: this.#seats, turns: this.#turns };
    const started = await member.start(
      { config, credentials, version, port, number, isFirst, ...shared },
      {
        ask: () => this.#ask(),
        takePlace: (user) => this.#users.take(number, user),
        givePlaceBack: (user) => this.#users.giveBack(number, user),
        crashed: (error) => this.#crashed(number, { port: started.port, error }),
      },
    );
    restarts.started();
    return started;
  }

  async #ask(): Promise<WholeReport> {
    const reports = await Promise.all(this.#slots.map(({ member }) => member.report()));
    // Not every worker may have heard of it yet.
    if (this.#stopping) reports.push(STOPPING);
    return { reports, users: this.#users.users };
  }

  #crashed(
    number: number,
    { port, error }: { port: number; error: WorkerCrashed | WorkerSilent },
  ): void {
    this.#vacate(number);
    this.#options.log.error("worker.crashed", { error, worker: number });
    const slot = this.#slots[number];
    if (this.#stopping || slot === undefined) return;
    slot.restarts.crashed();
    if (error instanceof WorkerSilent || slot.restarts.keepsCrashing) this.#giveUp(error);
    else this.#startLater(slot, port);
  }

  /** Takes back what a worker held that is gone. */
  #vacate(number: number): void {
    SharedPlaces.vacate(this.#seats, number);
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
        this.#vacate(number);
        if (this.#stopping) return;
        this.#options.log.error("worker.failed", { error, worker: number });
        restarts.failed();
        // While there are others they may well go on without it, as when the KV is away.
        const isLast = !this.#slots.some(({ member }) => member.isRunning);
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
    for (const { member } of this.#slots) member.end();
  }
}
