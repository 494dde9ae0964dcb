import type { Clock } from "../../src/clock.ts";
import type { Kv } from "../../src/kv/kv.ts";
import { withCommit } from "../../src/kv/wrap.ts";

/** A {@link Kv} whose every commit takes `ms` milliseconds. */
export type SlowKv = Kv & { ms: number };

/** Makes the commits of a KV slow. */
export function slowKv(kv: Kv, { clock, ms }: { clock: Clock; ms: number }): SlowKv {
  const slow = withCommit(kv, async (operation) => {
    await new Promise<void>((resolve) => clock.after(result.ms, resolve));
    return await kv.commit(operation);
  });
  const result = { ...slow, ms };
  return result;
}
