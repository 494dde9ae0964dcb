import assert from "node:assert/strict";
import { EventStream } from "../../drivers/event_stream.ts";
import { eventually } from "../../drivers/deadline.ts";
import { readProblem } from "../../drivers/problem.ts";
import { Service } from "../../drivers/service.ts";

async function ticket(service: Service, user = "ada"): Promise<string> {
  const headers = { authorization: `Bearer ${await service.token(user)}` };
  const answer = await service.fetch("/v1/tickets", { method: "POST", headers });
  return (await answer.json()).ticket;
}

Deno.test("who may not have a stream is answered with a problem, so that no EventSource comes back", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_MAX_CONNECTIONS: "1", BELLWIRE_ALLOWED_ORIGINS: "https://app.example" },
  });
  const used = await ticket(service);
  const expired = await service.token("ada", { ttl: -60 });
  const refusals: [Parameters<typeof EventStream.ask>[1], number, string][] = [
    [{ authorization: "" }, 401, "unauthorized"],
    [{ authorization: "Bearer nonsense" }, 401, "unauthorized"],
    [{ authorization: `Bearer ${expired}` }, 401, "token_expired"],
    [{ authorization: `Bearer ${service.key}` }, 401, "unauthorized"],
    [{ authorization: "", query: { ticket: "" } }, 401, "unauthorized"],
    [{ authorization: "", query: { ticket: "A".repeat(43) } }, 401, "unauthorized"],
    [{ authorization: "", query: { ticket: used } }, 401, "unauthorized"],
  ];
  await using stream = await EventStream.open(service, {
    authorization: "",
    query: { ticket: used },
  });
  await stream.event(({ type }) => type === "welcome");
  for (const [options, status, code] of refusals) {
    const answer = await EventStream.ask(service, options);
    assert.equal(answer.status, status, JSON.stringify(options));
    assert.equal((await readProblem(answer)).code, code);
  }
  const full = await EventStream.ask(service);
  assert.equal(full.status, 503);
  assert(full.headers.has("retry-after"));
  assert.equal((await readProblem(full)).code, "unavailable");

  for (const [origin, status] of [["https://evil.example", 403], ["https://app.example", 503]]) {
    const answer = await service.fetch("/v1/stream", {
      headers: {
        accept: "text/event-stream",
        authorization: `Bearer ${await service.token("ada")}`,
        origin: String(origin),
      },
    });
    assert.equal(answer.status, status);
    await answer.body?.cancel();
    const allowed = answer.headers.get("access-control-allow-origin");
    assert.equal(allowed, status === 403 ? null : origin);
  }
  assert.equal(await service.metric("bellwire_event_streams"), 1);
  await stream.drop();
  await service.connections(0);
});

Deno.test("a stream that ends says why in its last event, and when to come back", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_MAX_CONNECTIONS_PER_USER: "1" },
  });
  const code = async (stream: EventStream) => {
    const { message, id } = await stream.disconnected();
    assert.equal(id, undefined);
    return [message["code"], message["reconnect"]];
  };
  await using expiring = await EventStream.open(service, {
    authorization: `Bearer ${await service.token("eve", { ttl: 6 })}`,
  });
  await using stream = await EventStream.open(service);
  await stream.event(({ type }) => type === "welcome");
  await using second = await EventStream.open(service);
  assert.deepEqual(await code(second), [4504, false]);
  await service.published({ to: { user: "ada" }, title: "Hello" });
  await stream.reaches(1);
  const revoked = await service.fetch("/v1/revocations", {
    method: "POST",
    headers: { authorization: `Bearer ${service.key}`, "content-type": "application/json" },
    body: JSON.stringify({
      user: "ada",
      issuedBefore: new Date(Date.now() + 2_000).toISOString(),
    }),
  });
  assert.equal(revoked.status, 204);
  assert.deepEqual(await code(stream), [4503, false]);
  const answer = await EventStream.ask(service);
  assert.equal(answer.status, 401);
  await answer.body?.cancel();
  assert.deepEqual(await code(expiring), [4003, true]);

  await using last = await EventStream.open(service, { user: "bob" });
  await last.event(({ type }) => type === "welcome");
  service.signal("SIGTERM");
  const { message, retry } = await last.disconnected();
  assert.deepEqual([message["code"], message["reconnect"]], [4001, true]);
  assert.equal(retry, message["retryAfterMs"]);
  assert(Number(retry) > 0);
  assert.equal(await service.gone(), 0);
});

Deno.test("a quiet stream is kept with pings that nobody has to answer, until its device has gone", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_HEARTBEAT_MS: "200", BELLWIRE_PONG_TIMEOUT_MS: "100" },
  });
  await using stream = await EventStream.open(service);
  await stream.until(
    () => stream.events.filter(({ type }) => type === "ping").length === 5,
    "five pings",
  );
  await service.published({ to: { user: "ada" }, title: "Still live" });
  await stream.reaches(1);
  await service.connections(1);
  assert.equal((await service.presence("ada")).online, true);
  await stream.drop();
  await service.connections(0);
  assert.equal(await service.metric("bellwire_event_streams"), 0);
});

Deno.test("many streams come and go, and nothing is left of them", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_MAX_CONNECTIONS_PER_USER: "1000" },
  });
  for (let round = 0; round < 3; round++) {
    const streams = await Promise.all(
      Array.from({ length: 100 }, (_, i) => EventStream.open(service, { user: `user${i % 7}` })),
    );
    await service.published({ to: { everyone: true }, title: `${round}` });
    await Promise.all(
      streams.map((stream) =>
        stream.event(({ type, message }) =>
          type !== "welcome" && JSON.stringify(message).includes(`"title":"${round}"`)
        )
      ),
    );
    await service.connections(100);
    assert.equal(await service.metric("bellwire_event_streams"), 100);
    // Some leave before they have read anything.
    const early = await Promise.all(
      Array.from({ length: 20 }, () => EventStream.open(service, { user: "early" })),
    );
    await Promise.all([...streams, ...early].map((stream) => stream.drop()));
    await service.connections(0);
  }
  await eventually(
    async () => await service.metric("bellwire_connected_users") === 0,
    "all users to be gone",
  );
  assert.equal(await service.stop(), 0);
});
