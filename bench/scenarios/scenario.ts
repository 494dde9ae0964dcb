import type { Dialect } from "../load/dialect.ts";
import type { Scale } from "../scale.ts";

/** A server's process. */
export interface Place {
  readonly port: number;
  readonly pid: number;
}

/** A running server and how much to ask of it. */
export interface Load extends Place {
  /** All of its processes, the one above first; where it has several, they share a KV. */
  readonly instances: readonly Place[];
  /** Ends the process of an instance at once, as a machine ends that loses power. */
  readonly kill: (instance: Place) => Promise<void>;
  readonly dialect: Dialect;
  readonly scale: Scale;
}

/** Numbers by name: rates a second, times in milliseconds, sizes in bytes. */
export type Result = Readonly<Record<string, number>>;

/** Puts a load on a server and says what was measured. */
export type Scenario = (load: Load) => Promise<Result>;
