import { connectAll, reconcile } from "../load/fleet.ts";
import { Latencies } from "../load/latencies.ts";
import { preciseNow } from "../load/pacer.ts";
import { requestAll } from "../load/request_all.ts";
import { tokensOf } from "../load/users.ts";
import type { Load, Result } from "./scenario.ts";

const DEVICES = 5;
const WARM_UP = 3;
const DEADLINE_MS = 10_000;

/**
 * From one device's saying that everything is read until the last of its user's devices knows. Each
 * time as many are unread as an inbox holds.
 */
export async function readAll({ port, dialect, scale }: Load): Promise<Result> {
  const user = "reader";
  const [token] = await tokensOf([user]) as [string];
  let waitingFor = 0;
  let wrong = 0;
  let last = Promise.withResolvers<void>();
  const onChange = (unread: number) => {
    if (unread !== 0) wrong++;
    if (--waitingFor === 0) last.resolve();
  };
  const devices = await connectAll(
    Array.from({ length: DEVICES }, () => ({ port, dialect, token, onChange })),
  );
  const [asking] = devices as [typeof devices[number]];
  const told = new Latencies(scale.readAlls);
  let published = 0;
  for (let time = 0; time < WARM_UP + scale.readAlls; time++) {
    const requests = Array.from({ length: scale.unread }, () => dialect.publish({ user }, time));
    await requestAll(requests, { port, ...scale });
    published += requests.length;
    await reconcile(devices, { expected: () => published, deadlineMs: DEADLINE_MS });
    waitingFor = devices.length;
    last = Promise.withResolvers();
    const deadline = setTimeout(() => last.reject(new Error("Not all were told")), DEADLINE_MS);
    const start = preciseNow();
    asking.say(dialect.readAll?.(asking.cursors.get("user")?.seq ?? 0) ?? "");
    await last.promise;
    if (time >= WARM_UP) told.record(preciseNow() - start);
    clearTimeout(deadline);
  }
  const arrivals = await reconcile(devices, { expected: () => published, deadlineMs: 0 });
  for (const device of devices) device.drop();
  return {
    ...arrivals,
    // A count that is not what it should be is as bad as an event that is missing.
    lost: arrivals.lost + wrong,
    lastToldP50: told.percentile(0.5),
    lastToldP99: told.percentile(0.99),
  };
}
