import type { DenokvServer } from "./denokv_server.ts";
import { Service, type ServiceOptions } from "./service.ts";

/** Several processes of the service that work on one `denokv` server. */
export class Together implements AsyncDisposable {
  readonly instances: readonly Service[];

  private constructor(instances: readonly Service[]) {
    this.instances = instances;
  }

  /**
   * Starts them at the same moment, and waits until all are ready.
   *
   * @param more variables of all of them
   * @param options `clocksAheadMs`: milliseconds that each one's machine's clock is ahead, 0 unless
   * given; `program` runs instead of `main.ts`, where all clocks are right
   */
  static async start(
    server: DenokvServer,
    count: number,
    more: Readonly<Record<string, string>> = {},
    { clocksAheadMs = [], program }: {
      clocksAheadMs?: readonly number[];
      program?: string;
    } = {},
  ): Promise<Together> {
    const env = { ...server.environment, BELLWIRE_INBOX_MAX: "10000", ...more };
    const options = { env, ...(program === undefined ? {} : { program }) };
    const starts = await Promise.allSettled(
      Array.from(
        { length: count },
        (_, i) => Service.start(skewed(options, clocksAheadMs[i] ?? 0)),
      ),
    );
    const instances = starts.flatMap((start) => start.status === "fulfilled" ? [start.value] : []);
    const together = new Together(instances);
    const failed = starts.find((start) => start.status === "rejected");
    if (failed === undefined) return together;
    await together[Symbol.asyncDispose]();
    throw failed.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const result of await Promise.allSettled(this.instances.map(end))) {
      if (result.status === "rejected") throw result.reason;
    }
  }
}

function end(service: Service): Promise<void> {
  return service[Symbol.asyncDispose]();
}

/** The same service on a machine whose clock is so many milliseconds ahead. */
function skewed(options: ServiceOptions, aheadMs: number): ServiceOptions {
  if (aheadMs === 0) return options;
  const env = { ...options.env, TESTS_CLOCK_AHEAD_MS: String(aheadMs) };
  return { ...options, env, program: "tests/drivers/skewed_main.ts" };
}
