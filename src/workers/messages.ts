import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "../config.ts";
import type { Readiness } from "../http/operations.ts";

/** What a worker needs to begin. */
export interface WorkerStart {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly version: string;
  readonly port: number;
}

/** What one isolate says of itself. */
export interface Report {
  readonly ready: Readiness;
  readonly metrics: string;
}

/** From the main isolate to a worker. */
export type ToWorker =
  | { readonly type: "start"; readonly start: WorkerStart }
  /** Say how you are. */
  | { readonly type: "report"; readonly call: number }
  /** How all of you are; the answer to `ask`. */
  | { readonly type: "reports"; readonly call: number; readonly reports: readonly Report[] }
  | { readonly type: "stop" };

/** From a worker to the main isolate. */
export type FromWorker =
  | { readonly type: "started"; readonly url: string; readonly port: number }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "reported"; readonly call: number; readonly report: Report }
  /** How are the others? */
  | { readonly type: "ask"; readonly call: number }
  | { readonly type: "stopped"; readonly over: boolean };
