import type { Recipient } from "../load/dialect.ts";
import { connectAll, reconcile } from "../load/fleet.ts";
import { HttpConnection } from "../load/http_connection.ts";
import { Latencies } from "../load/latencies.ts";
import { preciseNow } from "../load/pacer.ts";
import { tokensOf, userIds } from "../load/users.ts";
import type { Load, Result } from "./scenario.ts";

const WARM_UP = 5;
/** A server that has not reached everybody by then is not measured but broken. */
const DEADLINE_MS = 10_000;
/** Between two publishes, so that one does not pay for the other's garbage. */
const PAUSE_MS = 100;

/** From one publish to the last of all sockets of one user. */
export async function fanOut(load: Load): Promise<Result> {
  const user = "user-of-many-devices";
  const [token] = await tokensOf([user]) as [string];
  return await fanOutTo({ user }, Array(load.scale.sockets).fill(token), load);
}

/** The same to everyone, each socket another user's. */
export async function everyoneFanOut(load: Load): Promise<Result> {
  return await fanOutTo({ everyone: true }, await tokensOf(userIds(load.scale.sockets)), load);
}

async function fanOutTo(
  to: Recipient,
  tokens: readonly string[],
  { port, dialect, scale }: Load,
): Promise<Result> {
  let waitingFor = 0;
  let last = Promise.withResolvers<void>();
  const onEvent = () => {
    if (--waitingFor === 0) last.resolve();
  };
  const devices = await connectAll(tokens.map((token) => ({ port, dialect, token, onEvent })));
  const publisher = await HttpConnection.open(port);
  const reached = new Latencies(scale.fanOuts);
  let refused = 0;
  for (let n = 0; n < WARM_UP + scale.fanOuts; n++) {
    waitingFor = devices.length;
    last = Promise.withResolvers();
    const deadline = setTimeout(() => last.reject(new Error("Not all were reached")), DEADLINE_MS);
    const start = preciseNow();
    const answer = publisher.send(dialect.publish(to, n));
    await last.promise;
    if (n >= WARM_UP) reached.record(preciseNow() - start);
    clearTimeout(deadline);
    if ((await answer).status !== 201) refused++;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  const arrivals = await reconcile(devices, {
    expected: () => WARM_UP + scale.fanOuts,
    deadlineMs: 0,
  });
  publisher.close();
  for (const device of devices) device.drop();
  return {
    refused,
    ...arrivals,
    lastReachedP50: reached.percentile(0.5),
    lastReachedMax: reached.percentile(1),
  };
}
