import { closedLoop } from "../load/closed_loop.ts";
import { connectAll, reconcile } from "../load/fleet.ts";
import { tokensOf, userIds } from "../load/users.ts";
import type { Load, Result } from "./scenario.ts";

/** Publishes a second to users who are away; the publishers' connections go to all instances alike. */
export async function publishRate({ instances, dialect, scale }: Load): Promise<Result> {
  const users = userIds(scale.users);
  const { perSecond, refused } = await closedLoop({
    ports: instances.map(({ port }) => port),
    dialect,
    ...scale,
    users,
  });
  return { perSecond, refused };
}

/** Publishes a second to users who are all connected, and whether everything arrived. */
export async function publishRateReceiving({ port, dialect, scale }: Load): Promise<Result> {
  const users = userIds(scale.users);
  const tokens = await tokensOf(users);
  const devices = await connectAll(tokens.map((token) => ({ port, dialect, token })));
  const { perSecond, refused, accepted } = await closedLoop({
    ports: [port],
    dialect,
    ...scale,
    users,
  });
  const arrivals = await reconcile(devices, {
    expected: (index) => accepted[index] as number,
    deadlineMs: 15_000,
  });
  for (const device of devices) device.drop();
  return { perSecond, refused, ...arrivals };
}
