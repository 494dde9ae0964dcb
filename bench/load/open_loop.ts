import type { Dialect } from "./dialect.ts";
import { HttpConnection } from "./http_connection.ts";
import { Latencies } from "./latencies.ts";
import { pace, preciseNow } from "./pacer.ts";

/** What came of publishing at a fixed rate. */
export interface OpenLoopResult {
  /** From when a publish was due until it was answered. */
  readonly answered: Latencies;
  /** From when a publish was due until the generator sent it: its own share in `answered`. */
  readonly sentLate: Latencies;
  /** For each user how many were answered 201, the warm-up included. */
  readonly accepted: Uint32Array;
  /** Answers other than 201. */
  readonly refused: number;
}

/**
 * Publishes to `users` in turn, `rate` a second, whether the server keeps up or not. Latencies count
 * from the time at which a publish was due, so that a server that stalls is charged for all that had
 * to wait meanwhile.
 *
 * @param onDue hears when the publish with number `n` is due, on {@link preciseNow}
 */
export async function openLoop(
  { port, dialect, users, connections, rate, warmUpMs, measureMs }: {
    port: number;
    dialect: Dialect;
    users: readonly string[];
    connections: number;
    rate: number;
    warmUpMs: number;
    measureMs: number;
  },
  onDue: (n: number, due: number) => void,
): Promise<OpenLoopResult> {
  const every = 1000 / rate;
  const warmUp = Math.round(warmUpMs / every);
  const count = warmUp + Math.round(measureMs / every);
  const accepted = new Uint32Array(users.length);
  const answered = new Latencies(count);
  const sentLate = new Latencies(count);
  let refused = 0;
  const opened = await Promise.all(
    Array.from({ length: connections }, () => HttpConnection.open(port)),
  );
  const idle = [...opened];
  const waiting: { n: number; due: number }[] = [];
  const publishing: Promise<void>[] = [];

  const publish = async (connection: HttpConnection, first: { n: number; due: number }) => {
    let next: { n: number; due: number } | undefined = first;
    while (next !== undefined) {
      const { n, due } = next;
      const index = n % users.length;
      if (n >= warmUp) sentLate.record(preciseNow() - due);
      const { status } = await connection.send(
        dialect.publish({ user: users[index] as string }, n),
      );
      if (n >= warmUp) answered.record(preciseNow() - due);
      if (status === 201) accepted[index] = (accepted[index] as number) + 1;
      else refused++;
      next = waiting.shift();
    }
    idle.push(connection);
  };

  await pace({ every, count }, (n, due) => {
    onDue(n, due);
    const connection = idle.pop();
    if (connection === undefined) waiting.push({ n, due });
    else publishing.push(publish(connection, { n, due }));
  });
  await Promise.all(publishing);
  for (const connection of opened) connection.close();
  return { answered, sentLate, accepted, refused };
}
