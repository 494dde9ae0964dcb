import type { Dialect } from "./dialect.ts";
import { HttpConnection } from "./http_connection.ts";

/** What came of publishing as fast as the server answers. */
export interface ClosedLoopResult {
  /** Publishes answered 201 within the measured time, a second. */
  readonly perSecond: number;
  /** For each user how many were answered 201, the warm-up included. */
  readonly accepted: Uint32Array;
  /** Answers other than 201. */
  readonly refused: number;
}

/**
 * Publishes to `users` in turn over `connections` connections, which `ports` share evenly; each sends its
 * next as soon as the one before is answered. Times in milliseconds.
 */
export async function closedLoop({ ports, dialect, users, connections, warmUpMs, measureMs }: {
  ports: readonly number[];
  dialect: Dialect;
  users: readonly string[];
  connections: number;
  warmUpMs: number;
  measureMs: number;
}): Promise<ClosedLoopResult> {
  const accepted = new Uint32Array(users.length);
  let refused = 0;
  let counted = 0;
  let n = 0;
  const opened = await Promise.all(
    Array.from(
      { length: connections },
      (_, i) => HttpConnection.open(ports[i % ports.length] as number),
    ),
  );
  const start = performance.now() + warmUpMs;
  const end = start + measureMs;
  const publish = async (connection: HttpConnection) => {
    let now = performance.now();
    while (now < end) {
      const index = n % users.length;
      const user = users[index] as string;
      const { status } = await connection.send(dialect.publish({ user }, n++));
      now = performance.now();
      if (status !== 201) {
        refused++;
      } else {
        accepted[index] = (accepted[index] as number) + 1;
        if (now >= start && now < end) counted++;
      }
    }
    connection.close();
  };
  await Promise.all(opened.map(publish));
  return { perSecond: counted / (measureMs / 1000), accepted, refused };
}
