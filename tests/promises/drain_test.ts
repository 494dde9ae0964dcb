import assert from "node:assert/strict";
import { eventually } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { RawHttp } from "../drivers/raw_http.ts";
import { type Published, Service } from "../drivers/service.ts";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} sends every device away with 4001 and ends with 0`, async () => {
    await using service = await Service.start();
    await using cleanUp = new AsyncDisposableStack();
    const devices = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, i) => cleanUp.use(await Device.connect(service, `user-${i % 4}`)),
      ),
    );
    service.signal(signal);
    const delays = new Set<number>();
    for (const device of devices) {
      const { code, disconnect } = await device.closedByServer();
      assert.equal(code, 4001);
      assert.deepEqual([disconnect?.code, disconnect?.reconnect], [4001, true]);
      const { retryAfterMs } = disconnect ?? assert.fail();
      assert(Number.isInteger(retryAfterMs) && retryAfterMs > 0);
      delays.add(retryAfterMs);
    }
    assert(delays.size > 10, "all would come back at the same time");
    assert.equal(await service.gone(), 0);
    const events = service.output.log.map(({ event }) => event);
    assert.deepEqual(events, ["service.ready", "service.stopping", "service.stopped"]);
  });
}

/** A request whose body never comes, which keeps the service from being over at once. */
async function unfinishedRequest(service: Service): Promise<RawHttp> {
  const http = await RawHttp.connect(service.url);
  await http.send(
    [
      "POST /v1/notifications HTTP/1.1",
      "Host: a.example",
      `Authorization: Bearer ${service.key}`,
      "Content-Length: 100",
      "Expect: 100-continue",
    ].join("\r\n") + "\r\n\r\n",
  );
  // Is said when the service begins to read the body.
  assert.equal((await http.answer()).status, 100);
  return http;
}

/** A device whose socket holds all that it can. */
async function stalledDevice(service: Service): Promise<Device> {
  const device = await Device.connect(service, "stalled");
  device.pause();
  const data = "x".repeat(16_000);
  await eventually(async () => {
    await Promise.all(Array.from(
      { length: 20 },
      () => service.published({ to: { user: "stalled" }, title: "Large", data }),
    ));
    return await service.metric("bellwire_parked_connections") === 1;
  }, "a parked device");
  return device;
}

async function isStopping(service: Service): Promise<void> {
  await eventually(
    () => service.output.log.some(({ event }) => event === "service.stopping"),
    "the signal to be heard",
  );
}

Deno.test("at first it only says that it is not ready: it goes on serving, and keeps its devices", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_SHUTDOWN_DELAY_SECONDS: "3600", BELLWIRE_WORKERS: "2" },
  });
  await using device = await Device.connect(service, "ada");
  service.signal("SIGTERM");
  await isStopping(service);
  const ready = await service.fetch("/ready");
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /The service is stopping/);
  // Not one answer differs from those of before, and whoever comes is let in.
  await service.published({ to: { user: "ada" }, title: "Still here" });
  await device.reaches(1);
  await using late = await Device.connect(service, "ada");
  await late.reaches(1);
  let gone = false;
  const code = service.gone().finally(() => gone = true);
  await eventually(() => {
    service.signal("SIGTERM");
    return gone;
  }, "the end, which a second signal brings");
  assert.equal(await code, 130);
});

Deno.test("after the delay it sends its devices away, and ends with 0", async () => {
  await using service = await Service.start({ env: { BELLWIRE_SHUTDOWN_DELAY_SECONDS: "2" } });
  await using device = await Device.connect(service, "ada");
  const began = performance.now();
  service.signal("SIGTERM");
  assert.equal((await device.closedByServer()).code, 4001);
  assert(performance.now() - began >= 2_000);
  assert.equal(await service.gone(), 0);
});

Deno.test("in dev mode it stops without the delay", async () => {
  await using service = await Service.start({
    env: {
      BELLWIRE_SHUTDOWN_DELAY_SECONDS: "",
      BELLWIRE_JWT_SECRET: "",
      BELLWIRE_API_KEYS: "",
    },
  });
  service.signal("SIGTERM");
  assert.equal(await service.gone(), 0);
  const stopped = service.output.log.find(({ event }) => event === "service.stopped");
  assert(Number(stopped?.["ms"]) < 5_000, service.output.text);
});

Deno.test("while it drains it is not ready, and takes no new sockets", async () => {
  await using service = await Service.start({ env: { BELLWIRE_DRAIN_SECONDS: "600" } });
  // Is not looked at any more by its device, so that draining takes its time.
  await using _stalled = await stalledDevice(service);
  using probe = await RawHttp.connect(service.url);
  using upgrade = await RawHttp.connect(service.url);
  await probe.send("GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal((await probe.answer()).status, 200);
  await upgrade.send("GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal((await upgrade.answer()).status, 200);

  service.signal("SIGTERM");
  await isStopping(service);
  await probe.send("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n");
  const ready = await probe.answer();
  assert.equal(ready.status, 503);
  assert.match(ready.text, /"code":"unavailable"/);
  await upgrade.send(
    [
      "GET /v1/stream HTTP/1.1",
      "Host: a",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ].join("\r\n") + "\r\n\r\n",
  );
  const refused = await upgrade.answer();
  assert.equal(refused.status, 503);
  assert.match(refused.text, /"code":"unavailable"/);
  assert.equal(await service.gone(), 0);
});

Deno.test("neither a stalled device nor a request without an end holds it up beyond its time", async () => {
  await using service = await Service.start({ env: { BELLWIRE_DRAIN_SECONDS: "2" } });
  await using _stalled = await stalledDevice(service);
  using _unfinished = await unfinishedRequest(service);
  await using fine = await Device.connect(service, "fine");
  service.signal("SIGTERM");
  assert.equal((await fine.closedByServer()).code, 4001);
  assert.equal(await service.gone(5_000), 0);
  assert(service.output.log.some(({ event }) => event === "service.cut_connections"));
});

Deno.test("with no time to drain it still says goodbye and ends with 0", async () => {
  await using service = await Service.start({ env: { BELLWIRE_DRAIN_SECONDS: "0" } });
  await using device = await Device.connect(service, "ada");
  service.signal("SIGTERM");
  assert.equal(await service.gone(), 0);
  assert.equal((await device.closedByServer()).disconnect?.code, 4001);
});

Deno.test("a second signal ends it at once", async () => {
  await using service = await Service.start({ env: { BELLWIRE_DRAIN_SECONDS: "600" } });
  using _unfinished = await unfinishedRequest(service);
  service.signal("SIGTERM");
  await isStopping(service);
  let gone = false;
  const code = service.gone().finally(() => gone = true);
  // One that comes at once may be the first one, heard twice.
  await eventually(() => {
    service.signal("SIGINT");
    return gone;
  }, "the service's end");
  assert.equal(await code, 130);
});

Deno.test("publishes that are under way when it stops are answered, and kept", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  const acknowledged: Published[] = [];
  const refused: number[] = [];
  let broken = 0;
  const publishing = Promise.all(Array.from({ length: 16 }, async () => {
    for (;;) {
      let answer: Response;
      try {
        answer = await service.publish({ to: { users: ["ada", "bob"] }, title: "Hello" });
      } catch (error) {
        assert(error instanceof TypeError);
        // Refused to connect, or cut: whether an answer was lost shows below.
        broken++;
        return;
      }
      const text = await answer.text();
      if (answer.status === 201) acknowledged.push(JSON.parse(text));
      else {
        refused.push(answer.status);
        return;
      }
    }
  }));
  await device.until(() => device.notified.length > 100, "publishing to be under way");
  service.signal("SIGTERM");
  await publishing;
  assert.equal(await service.gone(), 0);
  assert(refused.every((status) => status === 503), String(refused));
  assert.equal(refused.length + broken, 16);

  await service.restart();
  for (const user of ["ada", "bob"]) {
    const inbox = await service.inbox(user);
    const ids = new Set(inbox.map(({ id }) => id));
    const missing = acknowledged.slice(-500).filter(({ id }) => !ids.has(id));
    assert.deepEqual(missing, []);
    // At most what was in flight may be there without its answer.
    const last = Math.max(...acknowledged.map(({ deliveries }) => deliveries[0]?.seq ?? 0));
    assert.equal(inbox[0]?.seq, last, "published, but not answered");
  }
  await device.connect();
  await device.equalsInbox();
  await device.close();
});
