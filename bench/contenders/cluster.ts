import { startBellwire } from "./bellwire.ts";
import { startDenokv } from "./denokv.ts";
import type { RunningServer } from "./processes.ts";

/** What a service is made of. */
export interface Topology {
  readonly store: "file" | "denokv";
  /** Processes, each on a port of its own. */
  readonly instances: number;
  /** Isolates of each process, which share its port; 1 unless given. */
  readonly workers?: number;
}

/** Instances that answer, and the `denokv` server between them if there is one. */
export interface RunningCluster extends AsyncDisposable {
  readonly instances: readonly RunningServer[];
  readonly denokv: RunningServer | undefined;
  /** What names the KV and lets one in. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds from starting the first process until the last instance was ready. */
  readonly readyAfterMs: number;
}

/** One process that has its file alone. */
export const alone: Topology = { store: "file", instances: 1 };

/** Starts all of it with nothing stored; files lie in `folder`. */
export async function startCluster(
  { store, instances, workers = 1 }: Topology,
  folder: string,
): Promise<RunningCluster> {
  await using started = new AsyncDisposableStack();
  const begun = performance.now();
  const denokv = store === "denokv" ? await startDenokv(folder) : undefined;
  if (denokv !== undefined) started.use(denokv.server);
  const env = denokv?.env ?? { BELLWIRE_KV: `${folder}/bellwire.db` };
  const running: RunningServer[] = [];
  for (let i = 0; i < instances; i++) {
    running.push(started.use(await startBellwire({ ...env, BELLWIRE_WORKERS: String(workers) })));
  }
  const readyAfterMs = performance.now() - begun;
  const all = started.move();
  return {
    instances: running,
    denokv: denokv?.server,
    env,
    readyAfterMs,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
