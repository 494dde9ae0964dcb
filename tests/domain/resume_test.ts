import fc from "fast-check";
import { stories, sweeps } from "../simulation/support/domain_arbitraries.ts";
import {
  assertSame,
  connected,
  type Device,
  follow,
  resumed,
  server,
} from "../simulation/support/domain_device.ts";
import { play, StoredStream } from "../simulation/support/domain_rows.ts";

Deno.test("a device that comes back from any past event ends equal to the server", () => {
  fc.assert(
    fc.property(stories(), sweeps, (story, sweeps) => {
      const before = new StoredStream(story.limits);
      const device = connected(before.head, before.rows);
      const past: Device[] = [device.copy()];
      const { head, rows } = play(story, ({ events }, stream, index) => {
        past.push(...follow(device, events));
        if (sweeps[index]) stream.sweep();
      });
      const expected = server(head, rows);
      for (const away of past) {
        for (const message of resumed(head, rows, away.cursor)) away.receive(message);
        assertSame(away, expected);
      }
    }),
    { numRuns: 1_000 },
  );
});
