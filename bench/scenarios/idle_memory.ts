import { connectAll } from "../load/fleet.ts";
import { settledBytes } from "../load/resident_memory.ts";
import { tokensOf, userIds } from "../load/users.ts";
import type { Load, Result } from "./scenario.ts";

/** Connected before the first reading, so that code and its caches are not counted. */
const WARM_UP = 50;

/** Resident memory that a connected, authenticated device adds; each is another user's. */
export async function idleMemory({ port, pid, dialect, scale }: Load): Promise<Result> {
  const tokens = await tokensOf(userIds(WARM_UP + scale.sockets));
  const options = tokens.map((token) => ({ port, dialect, token }));
  const first = await connectAll(options.slice(0, WARM_UP));
  const before = await settledBytes(pid);
  const devices = await connectAll(options.slice(WARM_UP));
  const after = await settledBytes(pid);
  for (const device of [...first, ...devices]) {
    device.assertAlive();
    device.drop();
  }
  return {
    bytesPerConnection: (after - before) / devices.length,
    residentBefore: before,
    residentAfter: after,
  };
}
