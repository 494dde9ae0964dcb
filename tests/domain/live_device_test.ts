import fc from "fast-check";
import { stories } from "../simulation/support/domain_arbitraries.ts";
import { assertSame, connected, follow, server } from "../simulation/support/domain_device.ts";
import { play, StoredStream } from "../simulation/support/domain_rows.ts";

Deno.test("a device that hears every event always shows what the server has", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      const before = new StoredStream(story.limits);
      const device = connected(before.head, before.rows);
      play(story, ({ events }, { head, rows }) => {
        follow(device, events);
        assertSame(device, server(head, rows));
      });
    }),
    { numRuns: 1_000 },
  );
});
