import { type Clock, pause } from "../../clock.ts";
import { isLocked } from "../failures.ts";
import type { Kv } from "../kv.ts";
import { withCommit } from "../wrap.ts";

/** Lets several isolates commit one after the other. */
export interface CommitTurns {
  /** Runs a task in this isolate's turn; settles as the task does. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

/** Tries of a commit before the caller is told that the file is locked. */
const TRIES = 40;
const MIN_MS = 1;
const SPREAD_MS = 4;

/**
 * A KV on a file that several isolates write. SQLite has one writer: a commit waits for its isolate's
 * turn, as isolates that only try again could be refused again and again. Where the file is locked all
 * the same, nothing was written, and the commit is tried again.
 */
export function shareWriteLock(kv: Kv, { clock, turns }: { clock: Clock; turns: CommitTurns }): Kv {
  return withCommit(kv, (operation) =>
    turns.run(async () => {
      for (let tries = 1;; tries++) {
        try {
          return await kv.commit(operation);
        } catch (error) {
          if (tries === TRIES || !isLocked(error)) throw error;
        }
        await pause(clock, MIN_MS + Math.random() * SPREAD_MS);
      }
    }));
}
