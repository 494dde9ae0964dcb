import type { DeviceOptions } from "../load/device.ts";
import { connectAll } from "../load/fleet.ts";
import { presenceOf } from "../load/presence.ts";
import { tokensOf, userIds } from "../load/users.ts";
import { deliver, type Owned } from "./delivery.ts";
import type { Load, Result } from "./scenario.ts";

const WORKERS = 2;
/** Both of two devices are on the same worker every second time, ten of them once in 500. */
const DEVICES_MAX = 24;

/**
 * From a publish on one worker to a device on the other. The kernel gives each connection to some
 * worker, and nothing says to which. So each user gets devices until the service says that they are on
 * both workers; then one of them is on another worker than the publisher's connection, whichever that
 * is, and a publish counts as delivered when the user's *last* device has it.
 */
export async function deliveryAcrossWorkers(load: Load): Promise<Result> {
  const { port, dialect, scale } = load;
  const users = userIds(scale.users);
  return await deliver(
    { port, dialect, ...scale, users, rate: scale.crossingRate, measureMs: scale.crossingMs },
    (onEvent) => onAllWorkers(load, { users, onEvent }),
  );
}

async function onAllWorkers(
  { port, dialect }: Load,
  { users, onEvent }: { users: readonly string[]; onEvent: (n: number) => void },
): Promise<Owned[]> {
  const tokens = await tokensOf(users);
  const optionsOf = (user: number): DeviceOptions => ({
    port,
    dialect,
    token: tokens[user] as string,
    onEvent,
  });
  const owned: Owned[] = [];
  let lonely = users.map((_, user) => user);
  for (let devices = 0; lonely.length > 0; devices++) {
    if (devices === DEVICES_MAX) throw new Error("The workers don't share the connections");
    const connected = await connectAll(lonely.map(optionsOf));
    connected.forEach((device, i) => owned.push({ device, user: lonely[i] as number }));
    const instances = await presenceOf(lonely.map((user) => users[user] as string), { port });
    lonely = lonely.filter((_, i) => instances[i] !== WORKERS);
  }
  return owned;
}
