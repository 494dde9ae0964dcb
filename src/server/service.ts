import type { Credentials } from "../auth/credentials.ts";
import type { Config } from "../config/config.ts";
import { startInstance } from "./instance.ts";
import { lockKvFile } from "../kv/open.ts";
import type { Log } from "../ops/log.ts";
import { createDevPages } from "../pages/dev_pages.ts";
import type { Settings } from "../config/settings.ts";
import { Pool } from "../workers/pool.ts";

export interface ServiceOptions {
  readonly config: Config;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly version: string;
  /**
   * It can't go on, as when a worker crashes each time it is started: whoever runs it should stop it,
   * and end with an error. Called once at most.
   */
  readonly onGivenUp: (error: unknown) => void;
}

/** The service as a whole, however many isolates it is. */
export interface Service {
  /** Where it listens, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /**
   * Goes on with other settings, in every isolate. Rejects where one of them could not; the others go
   * on with them.
   */
  apply(settings: Settings): Promise<void>;
  /** Drains and stops; false where a peer would not let go, so that the process has to end. */
  stop(): Promise<boolean>;
}

/** Starts one instance in this isolate, or several in isolates of their own. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, credentials } = options;
  if (config.workers === 1) {
    const pages = await createDevPages(config, credentials);
    const instance = await startInstance({ ...options, ...(pages === undefined ? {} : { pages }) });
    return { ...instance, apply: (settings) => Promise.try(() => instance.apply(settings)) };
  }
  // One lock for all workers: they share the file among themselves, but with no other process.
  const lock = config.kv.kind === "file" ? await lockKvFile(config.kv.path) : undefined;
  try {
    const { pool, url } = await Pool.start(options);
    return {
      url,
      apply: (settings) => pool.apply(settings),
      async stop() {
        const over = await pool.stop();
        lock?.[Symbol.dispose]();
        return over;
      },
    };
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw error;
  }
}
