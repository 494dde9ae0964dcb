import { connectAll, reconcile } from "../load/fleet.ts";
import { HttpConnection } from "../load/http_connection.ts";
import { tokensOf, userIds } from "../load/users.ts";
import type { Load, Result } from "./scenario.ts";

/** As many recipients as one publish may have. */
const RECIPIENTS_MAX = 1000;

/**
 * All devices are away, miss some notifications, and come back at once, each with its cursor: the
 * time from the first connection until the last has caught up.
 */
export async function reconnect({ port, dialect, scale }: Load): Promise<Result> {
  const users = userIds(scale.sockets);
  const tokens = await tokensOf(users);
  const before = await connectAll(tokens.map((token) => ({ port, dialect, token })));
  const cursors = before.map(({ cursors }) => cursors);
  for (const device of before) device.drop();

  const publisher = await HttpConnection.open(port);
  let refused = 0;
  for (let n = 0; n < scale.missed; n++) {
    for (let first = 0; first < users.length; first += RECIPIENTS_MAX) {
      const recipients = users.slice(first, first + RECIPIENTS_MAX);
      const { status } = await publisher.send(dialect.publish({ users: recipients }, n));
      if (status !== 201) refused++;
    }
  }
  publisher.close();

  const start = performance.now();
  const devices = await connectAll(
    tokens.map((token, i) => ({ port, dialect, token, resume: cursors[i] })),
  );
  const caughtUpMs = performance.now() - start;
  const arrivals = await reconcile(devices, { expected: () => scale.missed, deadlineMs: 0 });
  for (const device of devices) device.drop();
  return { caughtUpMs, refused, ...arrivals };
}
