import type { Settings } from "../config/settings.ts";
import type { UserId } from "../domain/stream_name.ts";
import { StartError } from "../errors.ts";
import type { FromWorker, ProcessReport, Report, ToWorker, WorkerStart } from "./messages.ts";

/** A running worker has ended with an error. */
export class WorkerCrashed extends Error {
  override readonly name = "WorkerCrashed";
}

/**
 * A worker does not answer. Deno cannot end a worker that is stuck in a loop: its listener stays open,
 * and the system goes on to send it connections, until the process ends.
 */
export class WorkerSilent extends Error {
  override readonly name = "WorkerSilent";
}

/** A worker could not apply new settings; the message says why. */
export class SettingsRefused extends Error {
  override readonly name = "SettingsRefused";
}

/** What a worker asks of the main isolate. */
export interface WorkerEvents {
  readonly reportAll: () => Promise<ProcessReport>;
  readonly takePlace: (user: UserId) => boolean;
  readonly givePlaceBack: (user: UserId) => void;
  /** The worker has ended without being stopped. */
  readonly crashed: (error: WorkerCrashed | WorkerSilent) => void;
}

/** A call to the worker that has not been answered yet. */
interface PendingCall {
  readonly answer: (value: unknown) => void;
  /** The worker has ended. */
  readonly gone: () => void;
}

/** Longer than an instance needs to find out whether it is ready. */
const REPORT_WITHIN_MS = 5_000;
/** A worker that is starting answers once it has started. */
const APPLY_WITHIN_MS = 30_000;
const DOES_NOT_ANSWER = "A worker does not answer";
const SILENT: Report = { ready: { ok: false, reason: DOES_NOT_ANSWER }, metrics: "" };
/**
 * A worker that leaves so many pings unanswered counts as stuck. Pings are counted rather than time: while
 * the whole process is suspended, no worker can answer.
 */
const PINGS_MAX = 15;
/** Loading the program takes longer on a busy machine. */
const STARTING_PINGS_MAX = 30;
const PING_MS = 2_000;

/** The main isolate's side of one worker, and of the workers that replace it. */
export class WorkerHandle {
  #worker: Worker | undefined;
  #pinging: ReturnType<typeof setInterval> | undefined;
  #calls = 0;
  readonly #pending = new Map<number, PendingCall>();

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Starts a worker. Rejects with {@link StartError}, and leaves no worker then. */
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
        else reject(new StartError(`A worker could not start: ${error.message}`));
      };
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (this.#worker !== worker) return;
        unanswered = 0;
        if (data.type === "started") {
          isStarted = true;
          resolve(data);
        } else if (data.type === "failed") {
          this.end();
          reject(new StartError(data.message));
        } else {
          void this.#receive(data, events);
        }
      };
      worker.onerror = (event) => {
        // An unhandled error event would end the whole process.
        event.preventDefault();
        gone(new WorkerCrashed(event.message));
      };
      this.#pinging = setInterval(() => {
        const max = isStarted ? PINGS_MAX : STARTING_PINGS_MAX;
        if (unanswered++ >= max) gone(new WorkerSilent("The worker does not answer any more"));
        else this.#post({ type: "ping" });
      }, PING_MS);
      this.#post({ type: "start", start });
    });
  }

  /** The worker's status. A worker that does not answer in time is reported as not ready. */
  report(): Promise<Report> {
    if (this.#worker === undefined) return Promise.resolve(SILENT);
    const outcomes = { withinMs: REPORT_WITHIN_MS, late: SILENT, gone: SILENT };
    return this.#call((call) => ({ type: "report", call }), outcomes);
  }

  /** Replaces the worker's settings. Rejects with {@link SettingsRefused}. */
  async apply(settings: Settings): Promise<void> {
    if (this.#worker === undefined) return;
    // A worker that replaces one that has ended starts with the new settings.
    const failure = await this.#call<string | undefined>(
      (call) => ({ type: "apply", call, settings }),
      { withinMs: APPLY_WITHIN_MS, late: DOES_NOT_ANSWER, gone: undefined },
    );
    if (failure !== undefined) throw new SettingsRefused(failure);
  }

  /**
   * Drains and stops the worker, then ends it.
   *
   * @returns false if a peer keeps its connection open, or the worker has not answered in time
   */
  async stop(withinMs: number): Promise<boolean> {
    if (this.#worker === undefined) return true;
    const outcomes = { withinMs, late: false, gone: false };
    const isOver = await this.#call<boolean>((call) => ({ type: "stop", call }), outcomes);
    this.end();
    return isOver;
  }

  /** Ends the worker at once. */
  end(): void {
    clearInterval(this.#pinging);
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { gone } of this.#pending.values()) gone();
  }

  async #receive(message: FromWorker, events: WorkerEvents): Promise<void> {
    switch (message.type) {
      case "answer":
        return this.#pending.get(message.call)?.answer(message.value);
      case "reportAll":
        return this.#answer(message.call, await events.reportAll());
      case "takePlace":
        return this.#answer(message.call, events.takePlace(message.user));
      case "givePlaceBack":
        return events.givePlaceBack(message.user);
    }
  }

  /** Sends a message under a new number. Resolves with the answer, or with `late` or `gone`. */
  #call<T>(
    message: (call: number) => ToWorker,
    { withinMs, late, gone }: { withinMs: number; late: T; gone: T },
  ): Promise<T> {
    const call = ++this.#calls;
    return new Promise((resolve) => {
      const settle = (value: T) => {
        clearTimeout(timer);
        this.#pending.delete(call);
        resolve(value);
      };
      const timer = setTimeout(() => settle(late), withinMs);
      const answer = (value: unknown) => settle(value as T);
      this.#pending.set(call, { answer, gone: () => settle(gone) });
      this.#post(message(call));
    });
  }

  #answer(call: number, value: unknown): void {
    this.#post({ type: "answer", call, value });
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}
