import type { Peers } from "./tabs.ts";

/** A tab that was frozen in the middle holds up the others for no longer. */
const PATIENCE_MS = 30_000;

/** Carries out a task while no other tab carries out one of the same name. */
export async function exclusively<T>(
  name: string,
  { locks }: Peers,
  task: () => Promise<T>,
): Promise<T> {
  let begun: Promise<T> | undefined;
  const begin = () => begun ??= task();
  const signal = AbortSignal.timeout(PATIENCE_MS);
  // Where that is waited for in vain it begins all the same; where the task has failed, so does this.
  return await locks.request(name, { signal }, begin).catch(begin) as T;
}
