import type { UserId } from "../domain/stream_name.ts";
import type { Settings } from "../config/settings.ts";
import type { FromWorker, Report, ToWorker, WholeReport, WorkerStart } from "./messages.ts";

/** A worker could not start; the message says why, for whoever started the service. */
export class WorkerFailed extends Error {
  override readonly name = "WorkerFailed";
}

/** A worker that ran is gone. */
export class WorkerCrashed extends Error {
  override readonly name = "WorkerCrashed";
}

/**
 * A worker does nothing any more, or went without a word. Deno can't end one that is stuck in a loop:
 * its listener stays, and the system goes on to send it connections, until the process ends.
 */
export class WorkerSilent extends Error {
  override readonly name = "WorkerSilent";
}

/** A worker could not go on with other settings; the message says why. */
export class SettingsRefused extends Error {
  override readonly name = "SettingsRefused";
}

/** What a worker wants of the rest of the process. */
export interface WorkerEvents {
  /** It has to speak for all. */
  readonly ask: () => Promise<WholeReport>;
  readonly takePlace: (user: UserId) => boolean;
  readonly givePlaceBack: (user: UserId) => void;
  /** It is gone, and was not asked to go. */
  readonly crashed: (error: WorkerCrashed | WorkerSilent) => void;
}

/** Longer than an instance takes to find out whether it is ready. */
const REPORT_WITHIN_MS = 5_000;
/** A worker that starts answers once it has started. */
const APPLY_WITHIN_MS = 30_000;
const SILENT: Report = { ready: { ok: false, reason: "A worker does not answer" }, metrics: "" };
/**
 * One that leaves so many pings unanswered won't answer any more. It is pings that are counted, not
 * time: while the whole process stood still nobody could answer.
 */
const PINGS_MAX = 15;
/** Loading the program takes long on a machine that is busy with something else. */
const STARTING_PINGS_MAX = 30;
const PING_MS = 2_000;

/** The main isolate's side of one worker, and of those that take its place. */
export class WorkerHandle {
  #worker: Worker | undefined;
  #pinging: ReturnType<typeof setInterval> | undefined;
  #calls = 0;
  readonly #reports = new Map<number, (report: Report) => void>();
  readonly #applying = new Map<number, (failure: string | undefined) => void>();
  #stopped: PromiseWithResolvers<boolean> | undefined;

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Starts a worker. Rejects with {@link WorkerFailed}, and then none is left. */
  start(start: WorkerStart, events: WorkerEvents): Promise<{ url: string; port: number }> {
    const worker = new Worker(import.meta.resolve("./worker.ts"), { type: "module" });
    this.#worker = worker;
    let isStarted = false;
    let unanswered = 0;
    return new Promise((resolve, reject) => {
      const gone = (error: WorkerCrashed | WorkerSilent) => {
        if (this.#worker !== worker) return;
        this.end();
        if (isStarted) events.crashed(error);
        else reject(new WorkerFailed(`A worker could not start: ${error.message}`));
      };
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (this.#worker !== worker) return;
        unanswered = 0;
        if (data.type === "started") {
          isStarted = true;
          resolve(data);
        } else if (data.type === "failed") {
          this.end();
          reject(new WorkerFailed(data.message));
        } else {
          void this.#receive(data, events);
        }
      };
      worker.onerror = (event) => {
        // Unhandled, it would end the whole process.
        event.preventDefault();
        gone(new WorkerCrashed(event.message));
      };
      this.#pinging = setInterval(() => {
        const max = isStarted ? PINGS_MAX : STARTING_PINGS_MAX;
        if (unanswered++ >= max) gone(new WorkerSilent("It does not answer any more"));
        else this.#post({ type: "ping" });
      }, PING_MS);
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

  /** Has it go on with other settings. Rejects with {@link SettingsRefused}. */
  async apply(settings: Settings): Promise<void> {
    if (this.#worker === undefined) return;
    const call = ++this.#calls;
    const failure = await new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => answer("A worker does not answer"), APPLY_WITHIN_MS);
      const answer = (failure: string | undefined) => {
        clearTimeout(timer);
        this.#applying.delete(call);
        resolve(failure);
      };
      this.#applying.set(call, answer);
      this.#post({ type: "apply", call, settings });
    });
    if (failure !== undefined) throw new SettingsRefused(failure);
  }

  /**
   * Has it drain and stop, and ends it.
   *
   * @param within milliseconds it may take
   * @returns false where a peer would not let go of its connection, or it did not answer
   */
  async stop(within: number): Promise<boolean> {
    if (this.#worker === undefined) return true;
    const stopped = this.#stopped = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => stopped.resolve(false), within);
    this.#post({ type: "stop" });
    const over = await stopped.promise;
    clearTimeout(timer);
    this.end();
    return over;
  }

  /** Ends it as it is. */
  end(): void {
    clearInterval(this.#pinging);
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#stopped?.resolve(false);
    for (const answer of this.#reports.values()) answer(SILENT);
    // What takes its place starts with them.
    for (const answer of this.#applying.values()) answer(undefined);
  }

  async #receive(message: FromWorker, events: WorkerEvents): Promise<void> {
    switch (message.type) {
      case "reported":
        return this.#reports.get(message.call)?.(message.report);
      case "applied":
        return this.#applying.get(message.call)?.(message.failure);
      case "stopped":
        return this.#stopped?.resolve(message.over);
      case "ask":
        return this.#post({ type: "whole", call: message.call, whole: await events.ask() });
      case "takePlace": {
        const taken = events.takePlace(message.user);
        return this.#post({ type: "place", call: message.call, taken });
      }
      case "givePlaceBack":
        return events.givePlaceBack(message.user);
    }
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}
