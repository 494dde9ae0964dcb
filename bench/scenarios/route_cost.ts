import type { Device } from "../load/device.ts";
import { connectAll, reconcile } from "../load/fleet.ts";
import { kvCommits } from "../load/counters.ts";
import { tokensOf, userIds } from "../load/users.ts";
import type { Load, Result } from "./scenario.ts";

/**
 * How many commits of the KV it takes until as many users are connected as there are sockets: those
 * that are there for the first time, and then again with their cursors, while their routes still
 * stand. Whatever else the instance commits meanwhile counts too.
 */
export async function routeCost({ port, dialect, scale }: Load): Promise<Result> {
  const tokens = await tokensOf(userIds(scale.sockets));
  const connected = async (before: readonly Device[]) => {
    const commits = await kvCommits(port);
    const start = performance.now();
    const devices = await connectAll(
      tokens.map((token, i) => ({ port, dialect, token, resume: before[i]?.cursors })),
    );
    const ms = performance.now() - start;
    const taken = await kvCommits(port) - commits;
    const { lost, twice } = await reconcile(devices, { expected: () => 0, deadlineMs: 0 });
    for (const device of devices) device.drop();
    return { devices, ms, taken, lost, twice };
  };
  const first = await connected([]);
  const again = await connected(first.devices);
  return {
    commits: first.taken,
    connectedMs: first.ms,
    commitsAgain: again.taken,
    connectedAgainMs: again.ms,
    lost: first.lost + again.lost,
    twice: first.twice + again.twice,
  };
}
