import assert from "node:assert/strict";
import { eventually } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { RawHttp } from "../drivers/raw_http.ts";
import { Service } from "../drivers/service.ts";

const CONNECTIONS = 16;
/** The status of an answer that did not come, since the connection was closed instead. */
const CUT = 0;

/** Connections on which something was answered: shared out over the workers, and kept open. */
async function openConnections(service: Service, open: DisposableStack): Promise<RawHttp[]> {
  const connections: RawHttp[] = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    const http = open.use(await RawHttp.connect(service.url));
    await http.send("GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.equal((await http.answer()).status, 200);
    connections.push(http);
  }
  return connections;
}

/** A request whose body never comes, which keeps a worker from being over. */
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
  assert.equal((await http.answer()).status, 100);
  return http;
}

async function isStopping(service: Service): Promise<void> {
  await eventually(
    () => service.output.log.some(({ event }) => event === "service.stopping"),
    "the signal to be heard",
  );
}

Deno.test("from the first signal on every worker says that it is not ready", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_WORKERS: "2", BELLWIRE_DRAIN_SECONDS: "4" },
  });
  using open = new DisposableStack();
  const connections = await openConnections(service, open);
  for (let i = 0; i < 6; i++) open.use(await unfinishedRequest(service));
  await using device = await Device.connect(service, "ada");
  // Devices that take no note of being sent away keep their workers waiting.
  await using stalled = new AsyncDisposableStack();
  for (let i = 0; i < 8; i++) stalled.use(await Device.connect(service, "bob")).pause();
  service.signal("SIGTERM");
  await isStopping(service);
  const answers = await Promise.all(connections.map(async (http) => {
    await http.send("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n");
    return await http.answer();
  }));
  const answered = answers.filter(({ status }) => status !== CUT);
  assert(answered.length > 0, "nobody could ask");
  for (const { status, text } of answered) {
    assert.equal(status, 503, text);
    assert.match(text, /The service is stopping/);
  }
  assert.equal((await device.closedByServer()).code, 4001);
  assert.equal(await service.gone(), 0);
  const events = service.output.log.map(({ event }) => event)
    .filter((event) => event.startsWith("service."));
  assert.deepEqual(events.toSorted(), [
    "service.cut_connections",
    "service.ready",
    "service.stopped",
    "service.stopping",
  ]);
  assert(!service.output.stderr.includes('"level":"error"'), service.output.stderr);
  const stdout = events.filter((event) => event !== "service.cut_connections");
  assert.deepEqual(stdout, ["service.ready", "service.stopping", "service.stopped"]);
});

Deno.test("a second signal ends all workers at once", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_WORKERS: "2", BELLWIRE_DRAIN_SECONDS: "600" },
  });
  using open = new DisposableStack();
  for (let i = 0; i < 6; i++) open.use(await unfinishedRequest(service));
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
