import { connectAll, reconcile } from "../load/fleet.ts";
import { Latencies } from "../load/latencies.ts";
import { openLoop, type OpenLoopResult } from "../load/open_loop.ts";
import { preciseNow } from "../load/pacer.ts";
import { tokensOf, userIds } from "../load/users.ts";
import type { Load, Result } from "./scenario.ts";

/** From a publish at a fixed rate to its 201; the users are away. */
export async function publishLatency({ port, dialect, scale }: Load): Promise<Result> {
  const users = userIds(scale.users);
  const published = await openLoop({ port, dialect, ...scale, users }, () => {});
  return { ...ofPublishing(published) };
}

/** From a publish at a fixed rate to the recipient's device; all users are connected. */
export async function deliveryLatency({ port, dialect, scale }: Load): Promise<Result> {
  const users = userIds(scale.users);
  const tokens = await tokensOf(users);
  const total = Math.ceil((scale.warmUpMs + scale.measureMs) / 1000 * scale.rate);
  const warmUp = Math.round(scale.warmUpMs / 1000 * scale.rate);
  const dueAt = new Float64Array(total);
  const delivered = new Latencies(total);
  const onEvent = (n: number) => {
    if (n >= warmUp) delivered.record(preciseNow() - (dueAt[n] as number));
  };
  const devices = await connectAll(tokens.map((token) => ({ port, dialect, token, onEvent })));
  const published = await openLoop({ port, dialect, ...scale, users }, (n, due) => {
    dueAt[n] = due;
  });
  const arrivals = await reconcile(devices, {
    expected: (index) => published.accepted[index] as number,
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

function ofPublishing({ answered, sentLate, refused }: OpenLoopResult) {
  return {
    refused,
    answeredP50: answered.percentile(0.5),
    answeredP99: answered.percentile(0.99),
    sentLateP50: sentLate.percentile(0.5),
    sentLateP99: sentLate.percentile(0.99),
  };
}
