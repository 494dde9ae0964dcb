import type { Dialect } from "../load/dialect.ts";
import type { Scale } from "../scale.ts";

/** A running server and how much to ask of it. */
export interface Load {
  readonly port: number;
  /** The server's process. */
  readonly pid: number;
  readonly dialect: Dialect;
  readonly scale: Scale;
}

/** Numbers by name: rates a second, times in milliseconds, sizes in bytes. */
export type Result = Readonly<Record<string, number>>;

/** Puts a load on a server and says what was measured. */
export type Scenario = (load: Load) => Promise<Result>;
