import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { Device } from "../../drivers/device.ts";
import { DeviceModel } from "../../simulation/support/device_model.ts";
import { EventStream } from "../../drivers/event_stream.ts";
import type { ServerMessage } from "../../drivers/raw_socket.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { Service } from "../../drivers/service.ts";

const TOPICS = { claims: { topics: ["*"] } };
const LONG = `team.${"x".repeat(60)}`;

async function authorization(service: Service): Promise<string> {
  return `Bearer ${await service.token("ada", TOPICS)}`;
}

function shown(model: DeviceModel): unknown {
  return [...model.streams].map(([name, stream]) => [name, stream.list()]).sort();
}

Deno.test("whichever event was the last, a device goes on after it: nothing is missing, nothing comes twice", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada", { wishes: TOPICS });
  for (const topic of ["news", LONG]) await device.ask({ type: "subscribe", topic });
  await using whole = await EventStream.open(service, {
    authorization: await authorization(service),
  });
  await whole.until(() => whole.model.isLive, "to be up to date");
  const to = [{ user: "ada" }, { topic: "news" }, { topic: LONG }, { everyone: true }];
  for (let i = 0; i < 12; i++) {
    const { deliveries: [delivery] } = await service.published({ to: to[i % 4], title: `${i}` });
    const stream = delivery?.stream === "user:ada" ? "user" : delivery?.stream as string;
    if (i % 3 === 0) {
      await device.ask({ type: "mark", op: "read", upTo: { [stream]: delivery?.seq } });
    }
  }
  await device.ask({ type: "unsubscribe", topic: "news" });
  await device.ask({ type: "subscribe", topic: "news" });
  await service.published({ to: { topic: "news" }, title: "the last one" });
  const isLast = ({ message }: { message: Record<string, unknown> }) =>
    (message["item"] as { title?: string } | undefined)?.title === "the last one";
  await whole.event(isLast);
  const inbox = await service.inbox("ada", {}, TOPICS);

  // One that was cut off after each of the events, having followed all before.
  const model = new DeviceModel();
  for (let n = 0; n <= whole.events.length; n++) {
    const seen = whole.events.slice(0, n);
    const replayed = n === 0 ? model : new DeviceModel();
    replayed.connecting();
    for (const { message } of seen) replayed.take(message);
    const lastEventId = seen.findLast(({ id }) => id !== undefined)?.id;
    await using again = await EventStream.open(service, {
      authorization: await authorization(service),
      model: replayed,
      lastEventId,
    });
    await again.until(
      () => replayed.isLive && isDeepStrictEqual(shown(replayed), shown(whole.model)),
      `to be up to date after ${n} events`,
    );
    const reset = again.messages.filter(({ type }) => type === "reset");
    if (n === whole.events.length) {
      assert.deepEqual(reset, []);
      assert.equal(again.lastId, whole.lastId);
    }
    // What was there before is not sent again: of what it had, only changes can tell.
    const had = seen.flatMap(({ message }) =>
      message.type === "notification" ? [`${message["stream"]} ${message["seq"]}`] : []
    );
    for (const message of again.messages) {
      if (message.type !== "notification") continue;
      assert(!had.includes(`${message["stream"]} ${message["seq"]}`), "twice");
    }
    await again.drop();
  }
  assert(inbox.length >= 10);
  await whole.drop();
  await device.close();
  await service.connections(0);
});

Deno.test("streams that are cut off at random while publishing goes on have everything once, in order", async () => {
  await using service = await Service.start({ env: { BELLWIRE_INBOX_MAX: "10000" } });
  const random = new SeededRandom(20_261_123);
  const model = new DeviceModel();
  let last = 0;
  let over = false;
  const publishing = (async () => {
    for (let i = 0; i < 600; i++) {
      const { deliveries } = await service.published({ to: { user: "ada" }, title: `${i}` });
      last = deliveries[0]?.seq ?? 0;
    }
    over = true;
    // One more, so that a device that waits for the next event sees that it is over.
    const { deliveries } = await service.published({ to: { user: "ada" }, title: "the last one" });
    last = deliveries[0]?.seq ?? 0;
  })();
  let lastEventId: string | undefined;
  let connections = 0;
  while (!over) {
    await using stream = await EventStream.open(service, { model, lastEventId });
    const enough = model.notified.length + random.integer(1, 60);
    await stream.until(() => over || model.notified.length >= enough, "the next events");
    await stream.drop();
    lastEventId = stream.lastId;
    connections++;
  }
  await publishing;
  await using stream = await EventStream.open(service, { model, lastEventId });
  await stream.reaches(last);
  assert(connections > 5, `only ${connections} connections`);
  const all = Array.from({ length: last }, (_, i) => i + 1);
  assert.deepEqual(model.list().map(({ seq }) => seq).reverse(), all);
  // The first few may have come with the reset.
  const [first = NaN, ...rest] = model.notified.map(({ seq }) => seq);
  assert.deepEqual([first, ...rest], all.slice(first - 1));
});

Deno.test("a browser's Last-Event-ID is newer than the cursor in its address, and nonsense starts over", async () => {
  await using service = await Service.start();
  await using first = await EventStream.open(service);
  const ids: string[] = [];
  for (let i = 1; i <= 3; i++) {
    await service.published({ to: { user: "ada" }, title: `${i}` });
    await first.reaches(i);
    ids.push(first.lastId as string);
  }
  const [one, two, three] = ids as [string, string, string];
  const missed = async (options: { cursor?: string; lastEventId?: string }) => {
    const { cursor, lastEventId } = options;
    await using stream = await EventStream.open(service, {
      query: cursor === undefined ? {} : { cursor },
      lastEventId,
      unjudged: true,
    });
    const isOver = ({ type, stream }: ServerMessage) =>
      stream === "topic:everyone" && (type === "caughtUp" || type === "reset");
    await stream.until(() => stream.messages.some(isOver), "to be up to date");
    return stream.messages.flatMap(({ type, stream, seq, reason }) =>
      stream === "user" ? [reason === undefined ? `${type} ${seq}` : reason] : []
    );
  };
  assert.deepEqual(await missed({ cursor: one }), [
    "notification 2",
    "notification 3",
    "caughtUp 3",
  ]);
  assert.deepEqual(await missed({ cursor: one, lastEventId: two }), [
    "notification 3",
    "caughtUp 3",
  ]);
  assert.deepEqual(await missed({ lastEventId: three }), ["caughtUp 3"]);
  const [database, ...places] = three.split("~");
  const nonsense = [
    "",
    "nonsense",
    "~",
    "x~u!!",
    `${database}~u!${"9".repeat(400)}`,
    "~".repeat(20_000),
    "a~__proto__!b!1~constructor!c!2",
  ];
  for (const cursor of nonsense) assert.deepEqual(await missed({ cursor }), ["new"], cursor);
  const other = ["anotherbase1", ...places].join("~");
  assert.deepEqual(await missed({ cursor: other }), ["epoch"]);
});
