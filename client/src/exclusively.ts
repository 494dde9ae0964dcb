import type { Neighbourhood } from "./tabs.ts";

/** A tab that was frozen in the middle holds up the others for no longer. */
const PATIENCE_MS = 30_000;

/** Carries out a task while no other tab carries out one of the same name. */
export async function exclusively<T>(
  name: string,
  neighbourhood: Neighbourhood | undefined,
  task: () => Promise<T>,
): Promise<T> {
  if (!neighbourhood) return await task();
  let begun: Promise<T> | undefined;
  const begin = () => begun ??= task();
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    await neighbourhood.locks.request(name, { signal }, begin);
  } catch {
    // Waited in vain, or the task has failed.
  }
  return await begin();
}
