import fc from "fast-check";
import type { StreamEvent } from "../../src/domain/event.ts";
import type { Head } from "../../src/domain/head.ts";
import { resetReason } from "../../src/domain/resume.ts";
import { stories, sweeps } from "../simulation/support/domain_arbitraries.ts";
import {
  assertSame,
  caughtUp,
  connected,
  type Device,
  follow,
  missed,
  reset,
  server,
  welcome,
} from "../simulation/support/domain_device.ts";
import { play, StoredStream, type StreamRows } from "../simulation/support/domain_rows.ts";

/** The stream after a batch, and the events that the batch brought. */
interface Moment {
  readonly head: Head;
  readonly rows: StreamRows;
  readonly events: readonly StreamEvent[];
}

Deno.test("a device ends equal to the server though the stream moves while it catches up", () => {
  fc.assert(
    fc.property(
      stories(),
      sweeps,
      fc.boolean(),
      fc.infiniteStream(fc.nat(2)),
      (story, sweeps, connects, strides) => {
        const before = new StoredStream(story.limits);
        const always = connected(before.head, before.rows);
        const moments: Moment[] = [{ head: before.head, rows: before.rows.copy(), events: [] }];
        const past: { device: Device; moment: number }[] = [{ device: always.copy(), moment: 0 }];
        const { head, rows } = play(story, ({ events }, stream, index) => {
          for (const device of follow(always, events)) past.push({ device, moment: index + 1 });
          if (sweeps[index]) stream.sweep();
          moments.push({ head: stream.head, rows: stream.rows.copy(), events });
        });
        const expected = server(head, rows);
        for (const { device, moment } of past) {
          catchUp(device, moments, { connects, moment, strides });
          assertSame(device, expected);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

interface CatchUp {
  /** Whether the device connects; otherwise it was parked and has heard no welcome. */
  readonly connects: boolean;
  /** The moment at which it starts. */
  readonly moment: number;
  /** How many batches are committed between one read and the next. */
  readonly strides: Iterator<number>;
}

/** Catches up as a session does, then listens; each read may find the stream further on. */
function catchUp(device: Device, moments: readonly Moment[], options: CatchUp): void {
  let at = options.moment;
  const read = (): Moment => {
    at = Math.min(moments.length - 1, at + options.strides.next().value);
    return moments[at] as Moment;
  };
  if (options.connects) device.receive(welcome(read().head));
  let { head } = read();
  let startAnew = resetReason(head, device.cursor) !== undefined;
  while (startAnew || device.cursor?.seq !== head.seq) {
    const sent = startAnew ? head.seq : device.cursor?.seq ?? 0;
    const messages = startAnew ? [reset(head, read().rows)] : missed(head, read().rows, sent);
    for (const message of messages) device.receive(message);
    device.cursor = { epoch: head.epoch, seq: head.seq };
    head = read().head;
    // Measured by where the round began: changes that it should have read may have been swept.
    startAnew = sent < head.changes.floor;
  }
  device.receive(caughtUp(head));
  for (const { events } of moments.slice(at + 1)) follow(device, events);
}
