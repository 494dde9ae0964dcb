import assert from "node:assert/strict";
import { decode } from "cborg";
import { EncodedBatch } from "../../../src/gateway/fanout/encoded_batch.ts";
import { EventStream } from "../../../src/gateway/transport/event_stream.ts";
import { Frame, packFrames } from "../../../src/gateway/protocol/frame.ts";
import { StreamCursor } from "../../../src/gateway/protocol/server_sent_event.ts";
import { packCounts } from "../../../src/gateway/fanout/packed_counts.ts";
import { OpenConnections } from "../../../src/gateway/transport/open_connections.ts";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import { VirtualClock } from "../../fakes/virtual_clock.ts";

const COUNTS = { unread: 1, unseen: 1 };

Deno.test("an event is encoded once for all devices that are told the same, in each form", () => {
  const delivery = new EncodedBatch({
    stream: "user:ada",
    epoch: "e",
    events: [{ kind: "change", seq: 7, change: { op: "read", upTo: 3 }, counts: COUNTS }],
  });
  const [one] = delivery.framesOfOne(packCounts(COUNTS));
  const [same] = delivery.framesOfOne(packCounts({ ...COUNTS }));
  const [other] = delivery.framesOfOne(packCounts({ unread: 2, unseen: 1 }));
  assert(one !== undefined && one === same && one !== other);
  assert.equal(one.binary, one.binary);
  assert.equal(one.events, one.events);
  assert.deepEqual(decode(one.binary), JSON.parse(one.text));
});

Deno.test("several messages are an array in a frame, and single events in a stream", () => {
  const messages = ['{"type":"ping"}', '{"type":"ok","ref":"ä"}'];
  const [frame, ...more] = packFrames(messages, 1_000);
  assert(frame !== undefined);
  assert.deepEqual(more, []);
  assert.deepEqual(JSON.parse(frame.text), messages.map((message) => JSON.parse(message)));
  assert.deepEqual(decode(frame.binary), messages.map((message) => JSON.parse(message)));
  const lines = frame.events.map(({ bytes }) => new TextDecoder().decode(bytes));
  assert.deepEqual(lines, [
    'event: ping\ndata: {"type":"ping"}\n\n',
    'event: ok\ndata: {"type":"ok","ref":"ä"}\n\n',
  ]);
  assert.deepEqual(
    packFrames(messages, 1).map((frame) => frame.messages),
    messages.map((m) => [m]),
  );
});

function openStream() {
  const standing = new OpenConnections({
    clock: new VirtualClock(),
    max: 10,
    onError: (error) => assert.fail(String(error)),
  });
  let gone = 0;
  const stream = new EventStream({
    cursor: StreamCursor.parse(undefined),
    connections: standing,
    gone: () => void gone++,
  });
  return { stream, standing, reader: stream.body.getReader(), gone: () => gone };
}

Deno.test("what a stream's reader has not taken is counted to the byte, and dropped when the stream ends", async () => {
  const { stream, standing, reader } = openStream();
  const message = (text: string) => new Frame([JSON.stringify({ type: "test", text })]);
  const large = message("x".repeat(50_000));
  const size = large.events[0]?.bytes.byteLength ?? NaN;
  stream.send(large);
  assert.equal(stream.buffered, size);
  assert.equal((await reader.read()).value?.byteLength, size);
  assert.equal(stream.buffered, 0);

  for (let i = 0; i < 3; i++) stream.send(large);
  assert.equal(stream.buffered, 3 * size);
  stream.send(message("the last one"));
  stream.close(CloseCode.goingAway, "");
  assert(stream.buffered < 100, `${stream.buffered} bytes`);
  stream.send(large);
  assert.equal(standing.size, 1);
  const { value } = await reader.read();
  assert.equal(
    new TextDecoder().decode(value),
    'event: test\ndata: {"type":"test","text":"the last one"}\n\n',
  );
  assert((await reader.read()).done);
  assert.equal(standing.size, 0);
});

Deno.test("a stream whose reader goes is gone, once, and takes nothing more", async () => {
  const { stream, standing, reader, gone } = openStream();
  stream.send(new Frame(['{"type":"ping"}']));
  await reader.cancel();
  stream.send(new Frame(['{"type":"ping"}']));
  stream.close(CloseCode.goingAway, "");
  assert.deepEqual([stream.buffered, standing.size, gone()], [0, 0, 1]);
});

Deno.test("a cursor of a hundred topics with the longest names fits into a header", () => {
  const cursor = StreamCursor.parse(null);
  const topics = Array.from({ length: 100 }, (_, i) => `topic:${String(i).padStart(128, "x")}`);
  const streams = ["user", "topic:everyone", ...topics];
  for (const stream of streams) {
    cursor.take({ stream, seq: 2 ** 40, epoch: "databaseepo1.streamsepoch" });
  }
  const text = cursor.toString();
  assert(text.length < 4_096, `${text.length} characters`);
  assert.match(text, /^[\x21-\x7e]+$/);
  const again = StreamCursor.parse(text);
  for (const stream of streams) {
    assert.deepEqual(again.at(stream), { epoch: "databaseepo1.streamsepoch", seq: 2 ** 40 });
  }
  assert.equal(again.at("topic:another"), undefined);
});
