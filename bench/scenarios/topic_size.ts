import { connectAll, reconcile } from "../load/fleet.ts";
import { HttpConnection } from "../load/http_connection.ts";
import { Latencies } from "../load/latencies.ts";
import { requestAll } from "../load/request_all.ts";
import { tokensOf, userIds } from "../load/users.ts";
import { median } from "../report/runs.ts";
import type { Load, Result } from "./scenario.ts";

const FEW = 10;
/** Both topics take turns so often, so that they share the machine's moods. */
const TURNS = 10;
const LATENCIES_MAX = 1_000_000;

/**
 * Publishes as fast as they are answered to a topic with a few members, all connected, and to one with
 * very many, of whom the same few are connected.
 */
export async function topicSize({ port, dialect, scale }: Load): Promise<Result> {
  const users = userIds(scale.members);
  const { join } = dialect;
  if (join === undefined) throw new Error("There are no topics to join");
  const few = users.slice(0, FEW);
  await requestAll(joinAll(), { port, ...scale });
  function* joinAll() {
    for (const user of users) yield join?.(user, "many") ?? "";
    for (const user of few) yield join?.(user, "few") ?? "";
  }
  const tokens = await tokensOf(few);
  const devices = await connectAll(tokens.map((token) => ({ port, dialect, token })));
  const connections = await Promise.all(
    Array.from({ length: scale.connections }, () => HttpConnection.open(port)),
  );
  let accepted = 0;
  let refused = 0;
  const publish = async (topic: string, { answered, ms }: { answered: Latencies; ms: number }) => {
    const before = accepted;
    const start = performance.now();
    await Promise.all(connections.map(async (connection) => {
      for (let sent = performance.now(); sent < start + ms; sent = performance.now()) {
        const { status } = await connection.send(dialect.publish({ topic }, accepted));
        answered.record(performance.now() - sent);
        if (status === 201) accepted++;
        else refused++;
      }
    }));
    return (accepted - before) / ((performance.now() - start) / 1000);
  };
  const turn = async (topic: "few" | "many", ms: number) => {
    const { rates, answered } = taken[topic];
    rates.push(await publish(topic, { answered, ms }));
  };
  const taken = { few: newRecord(), many: newRecord() };
  await publish("few", { answered: new Latencies(0), ms: scale.warmUpMs });
  for (let n = 0; n < TURNS; n++) {
    const ms = scale.measureMs / TURNS;
    await turn(n % 2 === 0 ? "few" : "many", ms);
    await turn(n % 2 === 0 ? "many" : "few", ms);
  }
  const arrivals = await reconcile(devices, { expected: () => accepted, deadlineMs: 15_000 });
  for (const connection of connections) connection.close();
  for (const device of devices) device.drop();
  const fewPerSecond = middle(taken.few.rates);
  const manyPerSecond = middle(taken.many.rates);
  return {
    refused,
    ...arrivals,
    fewPerSecond,
    manyPerSecond,
    share: manyPerSecond / fewPerSecond,
    fewAnsweredP50: taken.few.answered.percentile(0.5),
    manyAnsweredP50: taken.many.answered.percentile(0.5),
  };
}

function newRecord(): { readonly rates: number[]; readonly answered: Latencies } {
  return { rates: [], answered: new Latencies(LATENCIES_MAX) };
}

function middle(values: readonly number[]): number {
  return median(values.toSorted((a, b) => a - b)) ?? NaN;
}
