import type { Clock } from "../clock.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { KvFileGone } from "./deno/file_guard.ts";
import type { CommitTurns } from "./deno/write_lock.ts";
import type { KeyWatcher, Kv, ReferenceClock } from "./kv.ts";

/**
 * What an engine gives once it is open. Another engine is a folder beside `deno/`: copy
 * `deno/server_engine.ts`, and pick it in `open.ts`.
 */
export interface KvEngine {
  readonly kv: Kv;
  /** Why what is written now would be lost; undefined where it would not be. */
  readonly fault?: () => string | undefined;
  /** Given where other instances work on the same KV: how they wake this one. */
  readonly keyWatcher?: KeyWatcher;
  /** A clock that all instances can ask. */
  readonly reference?: ReferenceClock;
  /** How many streams suit one commit, and how many commits at a time. */
  readonly checksMax: number;
  readonly commitsMax: number;
}

export interface OpenKvOptions {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Gets what has to be undone when the KV is not needed any more. */
  readonly cleanUp: AsyncDisposableStack;
  /**
   * Given where other isolates of this process work on the same file, whose lock the process holds for
   * all of them.
   */
  readonly turns?: CommitTurns;
  readonly onError: (error: unknown) => void;
  /** Told when a KV file is not at its path any more, and with undefined when it is back. */
  readonly onFileGone?: (gone: KvFileGone | undefined) => void;
}
