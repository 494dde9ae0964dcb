import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "../config/config.ts";
import type { UserId } from "../domain/stream_name.ts";
import type { Readiness } from "../http/operations.ts";
import type { Settings } from "../config/settings.ts";

/** What a worker needs to begin. */
export interface WorkerStart {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly version: string;
  readonly port: number;
  /** Counted from 0; one that takes another's place has its number. */
  readonly number: number;
  /** None of this process ran before. */
  readonly isFirst: boolean;
  /** What the workers share: see `SharedPlaces` and `Turns`. */
  readonly seats: SharedArrayBuffer;
  readonly turns: SharedArrayBuffer;
}

/** What one isolate says of itself. */
export interface Report {
  readonly ready: Readiness;
  readonly metrics: string;
}

/** What there is to say of the process as a whole. */
export interface WholeReport {
  readonly reports: readonly Report[];
  /** Users with an open session on any worker. */
  readonly users: number;
}

/** From the main isolate to a worker. */
export type ToWorker =
  | { readonly type: "start"; readonly start: WorkerStart }
  /** Say that you are alive. */
  | { readonly type: "ping" }
  /** Say how you are. */
  | { readonly type: "report"; readonly call: number }
  /** How all of you are; the answer to `ask`. */
  | { readonly type: "whole"; readonly call: number; readonly whole: WholeReport }
  /** Whether there was a place; the answer to `takePlace`. */
  | { readonly type: "place"; readonly call: number; readonly taken: boolean }
  /** Go on with other settings. */
  | { readonly type: "apply"; readonly call: number; readonly settings: Settings }
  | { readonly type: "stop" };

/** From a worker to the main isolate. */
export type FromWorker =
  | { readonly type: "started"; readonly url: string; readonly port: number }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "pong" }
  | { readonly type: "reported"; readonly call: number; readonly report: Report }
  /** Whether it could; the message says why not. */
  | { readonly type: "applied"; readonly call: number; readonly failure?: string }
  /** How are the others? */
  | { readonly type: "ask"; readonly call: number }
  /** A user has another connection, if that is allowed. */
  | { readonly type: "takePlace"; readonly call: number; readonly user: UserId }
  | { readonly type: "givePlaceBack"; readonly user: UserId }
  | { readonly type: "stopped"; readonly over: boolean };
