/**
 * The service as it is, but for its workers, which crash when they are told to: see `worker.ts`.
 *
 * @module
 */
const RealWorker = globalThis.Worker;
globalThis.Worker = class FragileWorker extends RealWorker {
  constructor(_script: string | URL, options?: WorkerOptions) {
    super(import.meta.resolve("./worker.ts"), options);
  }
};
await import("../../../main.ts");
