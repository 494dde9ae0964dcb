import { connectAll, reconcile } from "../load/fleet.ts";
import { HttpConnection } from "../load/http_connection.ts";
import { tokensOf, userIds } from "../load/users.ts";
import type { Load, Result } from "./scenario.ts";

/** Each publishes to a user of its own. */
const PUBLISHERS = 16;
const DEVICES_EACH = 125;

/**
 * Deliveries a second: publishers that each wait until all devices of their user have the last
 * notification before they publish the next, so that nothing piles up.
 */
export async function deliveryRate({ port, dialect, scale }: Load): Promise<Result> {
  const users = userIds(PUBLISHERS);
  const tokens = await tokensOf(users);
  const waits = users.map(() => ({ missing: 0, all: Promise.withResolvers<void>() }));
  let received = 0;
  const devices = await connectAll(
    tokens.flatMap((token, user) => {
      const wait = waits[user] as typeof waits[number];
      const onEvent = () => {
        received++;
        if (--wait.missing === 0) wait.all.resolve();
      };
      return Array.from({ length: DEVICES_EACH }, () => ({ port, dialect, token, onEvent }));
    }),
  );
  const accepted = new Uint32Array(PUBLISHERS);
  let refused = 0;
  const start = performance.now() + scale.warmUpMs;
  const end = start + scale.measureMs;
  const publish = async (user: number) => {
    const connection = await HttpConnection.open(port);
    const wait = waits[user] as typeof waits[number];
    const to = { user: users[user] as string };
    for (let n = 0; performance.now() < end; n++) {
      wait.missing = DEVICES_EACH;
      wait.all = Promise.withResolvers();
      const { status } = await connection.send(dialect.publish(to, n));
      if (status !== 201) {
        refused++;
        continue;
      }
      accepted[user] = (accepted[user] as number) + 1;
      await wait.all.promise;
    }
    connection.close();
  };
  const receivedAfter = async (ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { received, at: performance.now() };
  };
  const [from, to] = await Promise.all([
    receivedAfter(scale.warmUpMs),
    receivedAfter(scale.warmUpMs + scale.measureMs),
    ...users.map((_, user) => publish(user)),
  ]);
  const arrivals = await reconcile(devices, {
    expected: (index) => accepted[Math.floor(index / DEVICES_EACH)] as number,
    deadlineMs: 15_000,
  });
  for (const device of devices) device.drop();
  return {
    deliveriesPerSecond: (to.received - from.received) / ((to.at - from.at) / 1000),
    refused,
    ...arrivals,
  };
}
