import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import type { UserId } from "../domain/stream_name.ts";
import type { Readiness } from "../http/operations.ts";

/** What a worker needs to start. */
export interface WorkerStart {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly version: string;
  readonly port: number;
  /** Counted from 0. A worker that replaces another one gets its number. */
  readonly number: number;
  /** True for the first worker that this process starts. */
  readonly isFirst: boolean;
  /** Memory that the workers share: see `SharedConnectionLimiter` and `Turns`. */
  readonly slots: SharedArrayBuffer;
  readonly turns: SharedArrayBuffer;
}

/** The status of one worker. */
export interface Report {
  readonly ready: Readiness;
  readonly metrics: string;
}

/** The status of all workers. */
export interface ProcessReport {
  readonly reports: readonly Report[];
  /** Users with an open session on any worker. */
  readonly users: number;
}

/** The answer to the call of this number of the other side. */
export interface CallAnswer {
  readonly type: "answer";
  readonly call: number;
  readonly value: unknown;
}

/** From the main isolate to a worker. */
export type ToWorker =
  | CallAnswer
  | { readonly type: "start"; readonly start: WorkerStart }
  | { readonly type: "ping" }
  /** Asks for a {@link Report}. */
  | { readonly type: "report"; readonly call: number }
  /** Replaces the settings; the answer is undefined, or says why they were refused. */
  | { readonly type: "apply"; readonly call: number; readonly settings: Settings }
  /** Drains and stops; the answer is false if a peer keeps its connection open. */
  | { readonly type: "stop"; readonly call: number };

/** From a worker to the main isolate. */
export type FromWorker =
  | CallAnswer
  | { readonly type: "started"; readonly url: string; readonly port: number }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "pong" }
  /** Asks for a {@link ProcessReport}. */
  | { readonly type: "reportAll"; readonly call: number }
  /** Counts one more connection of a user; the answer is false if that is above the maximum. */
  | { readonly type: "takePlace"; readonly call: number; readonly user: UserId }
  | { readonly type: "givePlaceBack"; readonly user: UserId };
