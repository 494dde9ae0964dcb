import type { DenokvServer } from "./denokv_server.ts";
import { Service } from "./service.ts";

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
   */
  static async start(
    server: DenokvServer,
    count: number,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Together> {
    const env = { ...server.environment, BELLWIRE_INBOX_MAX: "10000", ...more };
    const starts = await Promise.allSettled(
      Array.from({ length: count }, () => Service.start({ env })),
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
