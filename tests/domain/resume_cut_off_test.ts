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

Deno.test("a device that is cut off while it catches up loses nothing by it", () => {
  fc.assert(
    fc.property(stories(), sweeps, fc.infiniteStream(fc.nat(20)), (story, sweeps, lengths) => {
      const before = new StoredStream(story.limits);
      const always = connected(before.head, before.rows);
      const devices: Device[] = [always.copy()];
      const { head, rows } = play(story, ({ events }, stream, index) => {
        // Comes back after each batch and hears only the first messages of what it missed.
        for (const device of devices) {
          const messages = resumed(stream.head, stream.rows, device.cursor);
          const length = lengths.next().value % (messages.length + 1);
          for (const message of messages.slice(0, length)) device.receive(message);
        }
        devices.push(...follow(always, events).slice(0, 1));
        if (sweeps[index]) stream.sweep();
      });
      const expected = server(head, rows);
      for (const device of devices) {
        for (const message of resumed(head, rows, device.cursor)) device.receive(message);
        assertSame(device, expected);
      }
    }),
    { numRuns: 1_000 },
  );
});
