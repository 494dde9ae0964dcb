import type { Device } from "../load/device.ts";
import type { Dialect } from "../load/dialect.ts";
import { reconcile } from "../load/fleet.ts";
import { Latencies } from "../load/latencies.ts";
import { openLoop, type OpenLoopResult } from "../load/open_loop.ts";
import { preciseNow } from "../load/pacer.ts";
import type { Result } from "./scenario.ts";

/** A connected device and the index of the user whose it is. */
export interface Owned {
  readonly device: Device;
  readonly user: number;
}

/** What is published, and where to. */
export interface Publishing {
  readonly port: number;
  readonly dialect: Dialect;
  readonly users: readonly string[];
  readonly connections: number;
  readonly rate: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/**
 * Publishes at a fixed rate, and measures from when a publish was due until the *last* of its
 * recipient's devices has it.
 *
 * @param connect connects the devices, at least one a user; each tells `onEvent` what it hears
 */
export async function deliver(
  publishing: Publishing,
  connect: (onEvent: (n: number) => void) => Promise<Owned[]>,
): Promise<Result> {
  const { users, rate, warmUpMs, measureMs } = publishing;
  const every = 1000 / rate;
  const warmUp = Math.round(warmUpMs / every);
  const total = warmUp + Math.round(measureMs / every);
  const dueAt = new Float64Array(total);
  const missing = new Uint32Array(total);
  const delivered = new Latencies(total);
  const owned = await connect((n) => {
    missing[n] = (missing[n] as number) - 1;
    if (missing[n] === 0 && n >= warmUp) delivered.record(preciseNow() - (dueAt[n] as number));
  });
  const devicesOf = new Uint32Array(users.length);
  for (const { user } of owned) devicesOf[user] = (devicesOf[user] as number) + 1;
  const published = await openLoop(publishing, (n, due) => {
    dueAt[n] = due;
    missing[n] = devicesOf[n % users.length] as number;
  });
  const devices = owned.map(({ device }) => device);
  const arrivals = await reconcile(devices, {
    expected: (index) => published.accepted[(owned[index] as Owned).user] as number,
    deadlineMs: 15_000,
  });
  for (const device of devices) device.drop();
  return {
    ...ofPublishing(published),
    ...arrivals,
    deliveredP50: delivered.percentile(0.5),
    deliveredP99: delivered.percentile(0.99),
  };
}

/** What the publishers noticed. */
export function ofPublishing({ answered, sentLate, refused }: OpenLoopResult) {
  return {
    refused,
    answeredP50: answered.percentile(0.5),
    answeredP99: answered.percentile(0.99),
    sentLateP50: sentLate.percentile(0.5),
    sentLateP99: sentLate.percentile(0.99),
  };
}
