import type { Device } from "../load/device.ts";
import { connectAll } from "../load/fleet.ts";
import { openLoop } from "../load/open_loop.ts";
import { tokensOf, userIds } from "../load/users.ts";
import { deliver, ofPublishing, type Owned } from "./delivery.ts";
import type { Load, Place, Result } from "./scenario.ts";

/** From a publish at a fixed rate to its 201; the users are away. */
export async function publishLatency({ port, dialect, scale }: Load): Promise<Result> {
  const users = userIds(scale.users);
  return ofPublishing(await openLoop({ port, dialect, ...scale, users }, () => {}));
}

/** From a publish at a fixed rate to the recipient's device; all users are connected. */
export async function deliveryLatency({ port, dialect, scale }: Load): Promise<Result> {
  const users = userIds(scale.users);
  const tokens = await tokensOf(users);
  return await deliver(
    { port, dialect, ...scale, users },
    async (onEvent) =>
      owned(await connectAll(tokens.map((token) => ({ port, dialect, token, onEvent })))),
  );
}

/** The same where all publishes go to the first instance and all devices are on the second. */
export async function deliveryElsewhere({ instances, dialect, scale }: Load): Promise<Result> {
  const [from, to] = instances as [Place, Place];
  const users = userIds(scale.users);
  const tokens = await tokensOf(users);
  return await deliver(
    {
      port: from.port,
      dialect,
      ...scale,
      users,
      rate: scale.crossingRate,
      measureMs: scale.crossingMs,
    },
    async (onEvent) =>
      owned(await connectAll(tokens.map((token) => ({ port: to.port, dialect, token, onEvent })))),
  );
}

/** One device a user, in their order. */
function owned(devices: readonly Device[]): Owned[] {
  return devices.map((device, user) => ({ device, user }));
}
