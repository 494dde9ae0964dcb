import assert from "node:assert/strict";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import {
  type ClosableConnection,
  GOODBYE_MS,
  OpenConnections,
} from "../../../src/gateway/transport/open_connections.ts";
import { VirtualClock } from "../../fakes/virtual_clock.ts";

/** A connection that does what it is told, unless it can't be dropped. */
class FakeConnection implements ClosableConnection {
  received = 1;
  buffered = 0;
  finished: { readonly code: number; readonly at: number } | undefined;
  dropped: number | undefined;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  finish(code: CloseCode): void {
    this.finished = { code, at: this.#clock.monotonic() };
  }

  drop(): void {
    this.dropped = this.#clock.monotonic();
  }
}

function create(max = 10) {
  const clock = new VirtualClock();
  const connections = new OpenConnections({
    clock,
    max,
    onError: (error) => assert.fail(String(error)),
  });
  const start = clock.monotonic();
  const end = (change: Partial<FakeConnection> = {}) => {
    const connection = Object.assign(new FakeConnection(clock), change);
    connections.add(connection);
    connections.end(connection, CloseCode.goingAway, "");
    return connection;
  };
  return { clock, connections, start, end };
}

Deno.test("a silent peer gets its close frame at once, and is dropped in time all the same", async () => {
  const { clock, connections, start, end } = create();
  const connection = end();
  await clock.advance(50);
  assert.equal(connection.finished?.code, CloseCode.goingAway);
  assert.equal(connection.dropped, undefined);
  await clock.advance(GOODBYE_MS);
  const dropped = (connection.dropped ?? NaN) - start;
  assert(dropped >= GOODBYE_MS && dropped <= GOODBYE_MS + 50, `${dropped} ms`);
  assert.equal(connections.leaving, 0);
});

Deno.test("a peer that talks gets its close frame within about a second", async () => {
  const { clock, start, end } = create();
  const connection = end();
  for (let i = 0; i < 100 && connection.finished === undefined; i++) {
    connection.received++;
    await clock.advance(20);
  }
  const after = (connection.finished?.at ?? NaN) - start;
  assert(after >= 900 && after <= 1_100, `${after} ms`);
});

Deno.test("a peer that has not read what was sent is waited for, until it is dropped", async () => {
  const { clock, end } = create();
  const slow = end({ buffered: 1_000 });
  const stalled = end({ buffered: 1_000 });
  await clock.advance(2_000);
  assert.deepEqual([slow.finished, stalled.finished], [undefined, undefined]);
  slow.buffered = 0;
  await clock.advance(50);
  assert.equal(slow.finished?.code, CloseCode.goingAway);
  await clock.advance(GOODBYE_MS);
  assert.equal(stalled.finished, undefined);
  assert(stalled.dropped !== undefined && slow.dropped !== undefined);
});

Deno.test("one that has gone meanwhile is forgotten", async () => {
  const { clock, connections, end } = create();
  const gone = end();
  connections.delete(gone);
  assert.deepEqual([connections.size, connections.leaving], [0, 0]);
  await clock.advance(2 * GOODBYE_MS);
  assert.equal(gone.dropped, undefined);
});

Deno.test("where there is no room, those that were told to end first are dropped first", async () => {
  const { clock, connections, end } = create(3);
  const talking = end({ buffered: 1 });
  const first = end();
  const second = end();
  assert(connections.isFull);
  await clock.advance(50);
  const all = [first, second, talking];
  for (const [i] of all.entries()) {
    assert(connections.dropOne());
    assert.deepEqual(all.map(({ dropped }) => dropped !== undefined), [true, i > 0, i > 1]);
  }
  assert.equal(connections.dropOne(), false);
});
