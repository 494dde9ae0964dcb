import { connectAll, reconcile } from "../load/fleet.ts";
import { requestAll } from "../load/request_all.ts";
import { tokensOf, userIds } from "../load/users.ts";
import { WaitingPublishers } from "../load/waiting_publishers.ts";
import type { Load, Result } from "./scenario.ts";

/** Each publishes to a user of its own. */
const PUBLISHERS = 16;
const DEVICES_EACH = 125;

/** All of them publish to one topic. */
const TOPIC = "releases";
const PUBLISHERS_OF_TOPIC = 16;

/** Deliveries a second to a few users with many devices each. */
export async function deliveryRate({ port, dialect, scale }: Load): Promise<Result> {
  const users = userIds(PUBLISHERS);
  const tokens = await tokensOf(users);
  const publishers = new WaitingPublishers(users.map(() => DEVICES_EACH));
  const onEvent = (n: number) => publishers.heard(n);
  const devices = await connectAll(
    tokens.flatMap((token) =>
      Array.from({ length: DEVICES_EACH }, () => ({ port, dialect, token, onEvent }))
    ),
  );
  const { accepted, ...rates } = await publishers.run({
    port,
    dialect,
    ...scale,
    to: (publisher) => ({ user: users[publisher] as string }),
  });
  const arrivals = await reconcile(devices, {
    expected: (index) => accepted[Math.floor(index / DEVICES_EACH)] as number,
    deadlineMs: 15_000,
  });
  for (const device of devices) device.drop();
  return { ...rates, ...arrivals };
}

/** Deliveries a second to the members of one topic, each with one device. */
export async function topicDeliveryRate({ port, dialect, scale }: Load): Promise<Result> {
  const users = userIds(scale.listeners);
  const tokens = await tokensOf(users);
  const { join } = dialect;
  if (join !== undefined) {
    await requestAll(users.map((user) => join(user, TOPIC)), { port, ...scale });
  }
  const audiences = Array.from({ length: PUBLISHERS_OF_TOPIC }, () => users.length);
  const publishers = new WaitingPublishers(audiences);
  const onEvent = (n: number) => publishers.heard(n);
  const devices = await connectAll(tokens.map((token) => ({ port, dialect, token, onEvent })));
  const { accepted, ...rates } = await publishers.run({
    port,
    dialect,
    ...scale,
    to: () => ({ topic: TOPIC }),
  });
  const published = accepted.reduce((sum, count) => sum + count, 0);
  const arrivals = await reconcile(devices, { expected: () => published, deadlineMs: 15_000 });
  for (const device of devices) device.drop();
  return { ...rates, ...arrivals };
}
