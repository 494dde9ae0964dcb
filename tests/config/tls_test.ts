import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { checkCertificate } from "../../src/config/tls.ts";
import { Device } from "../drivers/device.ts";
import { within } from "../drivers/deadline.ts";
import { RawSocket } from "../drivers/raw_socket.ts";
import { Service } from "../drivers/service.ts";
import { TLS_FOLDER } from "../drivers/paths.ts";

const CERT = join(TLS_FOLDER, "cert.pem");
const KEY = join(TLS_FOLDER, "key.pem");

function startWithTls(env: Record<string, string> = {}): Promise<Service> {
  return Service.start({
    env: { BELLWIRE_TLS_CERT: CERT, BELLWIRE_TLS_KEY: KEY, ...env },
    caCert: Deno.readTextFileSync(join(TLS_FOLDER, "ca.pem")),
  });
}

Deno.test("with a certificate it speaks https and wss", async (t) => {
  await using service = await startWithTls();
  assert.match(service.url, /^https:/);
  assert.match(service.streamUrl, /^wss:/);
  for (const by of ["header", "subprotocol", "hello"] as const) {
    await t.step(`a device that says who it is by ${by}`, async () => {
      await using device = await Device.connect(service, by, { by });
      const { deliveries } = await service.published({ to: { user: by }, title: "Hello" });
      await device.reaches(deliveries[0]?.seq ?? NaN);
      await device.drop();
      await service.published({ to: { user: by }, title: "Missed" });
      await device.connect();
      await device.reaches(2);
      await device.equalsInbox();
    });
  }
  await service.connections(0);
  assert.equal(await service.stop(), 0);
});

Deno.test("a page's own origin is the https one", async () => {
  await using service = await startWithTls();
  const { host } = new URL(service.url);
  const connect = async (origin: string) => {
    const socket = await RawSocket.open(service.streamUrl, {
      headers: { origin },
      caCert: service.caCert,
    });
    await socket.send({ type: "hello", token: await service.token("ada") });
    return socket;
  };
  await using own = await connect(`https://${host}`);
  await own.message("reset");
  await using other = await connect("https://evil.example");
  assert.equal((await other.closedByServer()).code, 4507);
});

Deno.test("a certificate that nobody vouches for is refused by its clients", async () => {
  await using service = await startWithTls();
  await assert.rejects(fetch(`${service.url}/live`), TypeError);
});

Deno.test("a client that speaks plain HTTP gets nothing, and harms nobody", async () => {
  await using service = await startWithTls();
  const { hostname, port } = new URL(service.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode("GET /live HTTP/1.1\r\nHost: a\r\n\r\n"));
  const buffer = new Uint8Array(1024);
  let text = "";
  for (;;) {
    const length = await within(connection.read(buffer).catch(() => null), "the end");
    if (length === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, length));
  }
  assert(!text.includes("HTTP/1.1 200"), text);
  await service.published({ to: { user: "ada" }, title: "Still here" });
});

Deno.test("a certificate that is not valid yet, not any more, or not for long is told", () => {
  const files = { cert: Deno.readTextFileSync(CERT), key: Deno.readTextFileSync(KEY) };
  const { validFrom, validTo } = new X509Certificate(files.cert);
  const DAY_MS = 86_400_000;
  const told = (now: number) => checkCertificate(files, now)?.reason;
  assert.equal(told(Date.parse(validFrom)), undefined);
  assert.equal(told(Date.parse(validTo) - 8 * DAY_MS), undefined);
  assert.match(told(Date.parse(validFrom) - 1) ?? "", /not valid before/);
  assert.match(told(Date.parse(validTo) - 6 * DAY_MS) ?? "", /only until/);
  assert.match(told(Date.parse(validTo)) ?? "", /invalid since/);
});
