import type { Device } from "../load/device.ts";
import { connectAll, reconcile } from "../load/fleet.ts";
import { Latencies } from "../load/latencies.ts";
import { pace } from "../load/pacer.ts";
import { StubbornPublisher } from "../load/stubborn_publisher.ts";
import { tokensOf, userIds } from "../load/users.ts";
import type { Load, Place, Result } from "./scenario.ts";

/** The clients' back-off: a random share of what doubles from the first to the second. */
const BACK_OFF_MIN_MS = 500;
const BACK_OFF_MAX_MS = 5000;
const BEFORE_MS = 2000;
/** Others declare it dead, bury it and prune its routes within this time. */
const AFTER_MS = 12_000;
const TRIES = 40;

/**
 * Devices of as many users are spread over all instances, publishers over all too; one instance is
 * killed. Its clients try the address they know once more and then the next ones in turn; its
 * publishers repeat elsewhere what was not answered. From the kill until the last of the clients has
 * caught up; what was published until long after must have arrived once.
 */
export async function instanceKilled(
  { instances, dialect, scale, kill }: Load,
): Promise<Result> {
  const users = userIds(scale.roaming);
  const tokens = await tokensOf(users);
  const ports = instances.map(({ port }) => port);
  const moved: Promise<void>[] = [];
  const waited = new Latencies(users.length);
  let killedAt = NaN;
  let lastBackAt = NaN;
  const devices: Device[] = await connectAll(tokens.map((token, i) => ({
    port: ports[i % ports.length] as number,
    dialect,
    token,
    onGone: () => {
      moved.push(
        comeBack(devices[i] as Device, { ports, from: i % ports.length }).then((asked) => {
          lastBackAt = performance.now();
          waited.record(lastBackAt - asked);
        }),
      );
    },
  })));
  const victim = instances.at(-1) as Place;

  const publisher = new StubbornPublisher({ ports, dialect, tries: TRIES });
  const accepted = new Uint32Array(users.length);
  let refused = 0;
  const publishing: Promise<void>[] = [];
  const count = (BEFORE_MS + AFTER_MS) * scale.roamingRate / 1000;
  const killAfter = BEFORE_MS * scale.roamingRate / 1000;
  await pace({ every: 1000 / scale.roamingRate, count }, (n) => {
    const user = n % users.length;
    publishing.push(
      publisher.publish(users[user] as string, n).then((isAccepted) => {
        if (isAccepted) accepted[user] = (accepted[user] as number) + 1;
        else refused++;
      }),
    );
    if (n !== killAfter) return;
    killedAt = performance.now();
    publishing.push(kill(victim));
  });
  await Promise.all(publishing);
  await Promise.all(moved);
  publisher.close();
  const arrivals = await reconcile(devices, {
    expected: (index) => accepted[index] as number,
    deadlineMs: 15_000,
  });
  for (const device of devices) device.drop();
  return {
    caughtUpMs: lastBackAt - killedAt,
    moved: moved.length,
    ownShareP50: waited.percentile(0.5),
    ownShareMax: waited.percentile(1),
    refused,
    ...arrivals,
  };
}

/** Resolves once the device has caught up with the time at which it began the try that succeeded. */
async function comeBack(
  device: Device,
  { ports, from }: { ports: readonly number[]; from: number },
): Promise<number> {
  for (let tries = 0;; tries++) {
    const longest = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MIN_MS * 2 ** tries);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
    const asked = performance.now();
    try {
      await device.reconnect(ports[(from + tries) % ports.length] as number);
      return asked;
    } catch {
      // Refused, or gone before it was ready: as any client it does not care why.
    }
  }
}
