import assert from "node:assert/strict";
import { eventually } from "../../drivers/deadline.ts";
import { EventStream } from "../../drivers/event_stream.ts";
import { RawHttp } from "../../drivers/raw_http.ts";
import { Service } from "../../drivers/service.ts";

/** Asks for a stream of events, and reads nothing. */
async function stalled(service: Service, token: string): Promise<RawHttp> {
  const http = await RawHttp.connect(service.url);
  await http.send(
    [
      "GET /v1/stream HTTP/1.1",
      `Host: ${new URL(service.url).host}`,
      "Accept: text/event-stream",
      `Authorization: Bearer ${token}`,
      "\r\n",
    ].join("\r\n"),
  );
  return http;
}

Deno.test("streams that have ended and are not read keep their user's places, and no more", async () => {
  await using service = await Service.start({ env: { BELLWIRE_MAX_CONNECTIONS_PER_USER: "2" } });
  const more = () =>
    service.published({ to: { user: "ada" }, title: "More", data: "x".repeat(16_000) });
  await Promise.all(Array.from({ length: 50 }, more));
  const token = await service.token("ada", { ttl: 20 });
  const peers = [await stalled(service, token), await stalled(service, token)];
  using _ = { [Symbol.dispose]: () => peers.splice(0).forEach((peer) => peer[Symbol.dispose]()) };
  await eventually(async () => {
    await more();
    return await service.metric("bellwire_parked_connections") === 2;
  }, "both streams to be paused");
  await service.connections(0);

  const refused = await EventStream.open(service, { user: "ada", unjudged: true });
  await refused.ended;
  assert.equal(refused.events.at(-1)?.message.code, 4504);
  await using other = await EventStream.open(service, { user: "bob" });
  await other.until(() => other.model.isLive, "another user's stream");

  for (const peer of peers.splice(0)) peer[Symbol.dispose]();
  await eventually(async () => {
    await using stream = await EventStream.open(service, { user: "ada", unjudged: true });
    await stream.until(() => stream.events.length > 0, "an event");
    return stream.events[0]?.type === "welcome";
  }, "their places to be free");
});
