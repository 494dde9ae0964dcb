import assert from "node:assert/strict";
import { RawSocket } from "../drivers/raw_socket.ts";
import { Service } from "../drivers/service.ts";

/** What becomes of a connection that a page of this origin makes: `open`, or the close code. */
async function fate(service: Service, origin: string | undefined): Promise<"open" | number> {
  await using socket = await RawSocket.open(service.streamUrl, {
    protocols: ["bellwire.v1"],
    headers: origin === undefined ? {} : { origin },
  });
  await socket.send({ type: "hello", token: await service.token("ada") });
  const first = await socket.message(() => true);
  if (first.type === "welcome") return "open";
  const { code, disconnect } = await socket.closedByServer();
  assert.equal(disconnect?.code, code);
  assert.equal(disconnect?.reconnect, false);
  return code;
}

Deno.test("unless told otherwise, only pages of the service itself may connect", async () => {
  await using service = await Service.start();
  const { host, port } = new URL(service.url);
  assert.equal(await fate(service, undefined), "open");
  assert.equal(await fate(service, `http://${host}`), "open");
  const others = [
    "https://evil.example",
    `http://localhost:${port}`,
    `http://${host}.evil.example`,
    `http://evil.example:${port}`,
    "http://127.0.0.1",
    "null",
    "nonsense",
    "file://",
  ];
  for (const origin of others) assert.equal(await fate(service, origin), 4507, origin);
  await service.connections(0);
});

Deno.test("pages of the listed origins may connect, and read the answers", async () => {
  const app = "https://app.example";
  await using service = await Service.start({
    env: { BELLWIRE_ALLOWED_ORIGINS: `${app}, http://localhost:5173` },
  });
  assert.equal(await fate(service, app), "open");
  assert.equal(await fate(service, "http://localhost:5173"), "open");
  for (const origin of ["http://app.example", `${app}:444`, "https://x.app.example"]) {
    assert.equal(await fate(service, origin), 4507, origin);
  }
  const answer = await service.fetch("/v1/inbox", {
    headers: { origin: app, authorization: `Bearer ${await service.token("ada")}` },
  });
  assert.equal(answer.headers.get("access-control-allow-origin"), app, await answer.text());
});

Deno.test("with * every page may connect", async () => {
  await using service = await Service.start({ env: { BELLWIRE_ALLOWED_ORIGINS: "*" } });
  for (const origin of ["https://any.example", "null"]) {
    assert.equal(await fate(service, origin), "open");
  }
});
