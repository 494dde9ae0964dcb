import type { Device } from "../load/device.ts";
import { connectAll, reconcile } from "../load/fleet.ts";
import { HttpConnection } from "../load/http_connection.ts";
import { Latencies } from "../load/latencies.ts";
import { pace, preciseNow } from "../load/pacer.ts";
import { tokensOf, userIds } from "../load/users.ts";
import type { Load, Result } from "./scenario.ts";

/** Clients stay, and are away, for a random time between the two. */
const SHORTEST_MS = 1000;
const LONGEST_MS = 5000;

/**
 * Clients that come and go at random while notifications to everyone keep coming. In the end each must
 * have had each of them once. Catching up counts from connecting until everything missed is there.
 */
export async function jitter({ port, dialect, scale }: Load): Promise<Result> {
  const tokens = await tokensOf(userIds(scale.roamers));
  const devices = await connectAll(tokens.map((token) => ({ port, dialect, token })));
  const publisher = await HttpConnection.open(port);
  const caughtUp = new Latencies(Math.ceil(scale.roamers * scale.roamMs / (2 * SHORTEST_MS)));
  const end = preciseNow() + scale.roamMs;
  const roaming = devices.map((device) => roam(device, { port, end, caughtUp }));
  let accepted = 0;
  let refused = 0;
  let publishing = Promise.resolve();
  const every = 1000 / scale.everyoneRate;
  await pace({ every, count: Math.round(scale.roamMs / every) }, (n) => {
    publishing = publishing.then(async () => {
      const { status } = await publisher.send(dialect.publish({ everyone: true }, n));
      if (status === 201) accepted++;
      else refused++;
    });
  });
  await publishing;
  await Promise.all(roaming);
  publisher.close();
  const arrivals = await reconcile(devices, { expected: () => accepted, deadlineMs: 15_000 });
  for (const device of devices) device.drop();
  return {
    refused,
    ...arrivals,
    flawed: arrivals.lost + arrivals.twice,
    cameBack: caughtUp.count,
    caughtUpP50: caughtUp.percentile(0.5),
    caughtUpP99: caughtUp.percentile(0.99),
  };
}

async function roam(
  device: Device,
  { port, end, caughtUp }: { port: number; end: number; caughtUp: Latencies },
): Promise<void> {
  for (;;) {
    await randomly();
    if (preciseNow() >= end) return;
    device.assertAlive();
    device.drop();
    await randomly();
    const start = preciseNow();
    await device.reconnect(port);
    caughtUp.record(preciseNow() - start);
  }
}

function randomly(): Promise<void> {
  const ms = SHORTEST_MS + Math.random() * (LONGEST_MS - SHORTEST_MS);
  return new Promise((resolve) => setTimeout(resolve, ms));
}
