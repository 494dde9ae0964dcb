import assert from "node:assert/strict";
import { join } from "node:path";
import { within } from "../drivers/deadline.ts";
import { Device } from "../drivers/device.ts";
import { Service } from "../drivers/service.ts";
import { ServiceProcess } from "../drivers/service_process.ts";
import { TLS_FOLDER } from "../drivers/paths.ts";

Deno.test("it is ready once it says so, and everything is there after each way to end", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  const ends = [() => service.stop(), () => service.kill(), () => service.stop()];
  for (const [i, end] of ends.entries()) {
    const ready = await service.fetch("/ready");
    assert.equal(ready.status, 200, await ready.text());
    await service.published({ to: { user: "ada" }, title: `Number ${i}` });
    await device.reaches(i + 1);
    await end();
    await device.ended;
    await service.restart();
    await device.connect();
    assert.equal(device.notified.length, i + 1);
    await device.equalsInbox();
  }
});

Deno.test("a file that is no database is refused, and left as it is", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
  try {
    const path = join(folder, "notes.db");
    const text = "These are my notes, and no database.\n".repeat(1_000);
    await Deno.writeTextFile(path, text);
    const process = new ServiceProcess({
      PORT: "0",
      HOST: "127.0.0.1",
      BELLWIRE_KV: path,
      BELLWIRE_JWT_SECRET: "s".repeat(32),
      BELLWIRE_API_KEYS: "a:0123456789abcdef",
    });
    assert.equal(await within(process.ended, "its end"), 1, process.output.text);
    assert(process.output.stderr.includes(path), process.output.stderr);
    assert.equal(await Deno.readTextFile(path), text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a start that can't succeed says why, with the variable to change", async (t) => {
  await using service = await Service.start();
  const folder = join(service.folder, "second");
  const base = { ...service.environment(), BELLWIRE_KV: join(folder, "bellwire.db") };
  await Deno.mkdir(folder);
  await Deno.writeTextFile(join(folder, "not-pem"), "nonsense");
  const file = join(folder, "not-pem");
  const cert = join(TLS_FOLDER, "cert.pem");
  const missing = join(folder, "missing.pem");
  const cases: [name: string, env: Record<string, string>, code: number, says: RegExp][] = [
    ["a port that is taken", { PORT: new URL(service.url).port }, 1, /PORT=/],
    ["a host that is none of this machine", { HOST: "192.0.2.1" }, 1, /HOST=192\.0\.2\.1/],
    ["a port that is none", { PORT: "80000" }, 78, /PORT must be/],
    ["a KV file in a file", { BELLWIRE_KV: join(file, "bellwire.db") }, 1, /BELLWIRE_KV.*/],
    ["a KV file that is a folder", { BELLWIRE_KV: folder }, 1, /BELLWIRE_KV/],
    [
      "a certificate that is missing",
      { BELLWIRE_TLS_CERT: missing, BELLWIRE_TLS_KEY: missing },
      1,
      /BELLWIRE_TLS_(CERT|KEY): .*missing\.pem/,
    ],
    [
      "a certificate that is none",
      { BELLWIRE_TLS_CERT: file, BELLWIRE_TLS_KEY: file },
      1,
      /BELLWIRE_TLS_CERT/,
    ],
    [
      "a key that is none",
      { BELLWIRE_TLS_CERT: cert, BELLWIRE_TLS_KEY: file },
      1,
      /BELLWIRE_TLS_KEY/,
    ],
    ["several errors at once", { PORT: "x", BELLWIRE_LOG: "loud" }, 78, /PORT[^]*BELLWIRE_LOG/],
  ];
  for (const [name, env, code, says] of cases) {
    await t.step(name, async () => {
      const process = new ServiceProcess({ ...base, ...env });
      const actual = await within(process.ended, () => `its end\n${process.output.text}`);
      assert.equal(actual, code, process.output.text);
      assert.match(process.output.stderr, says);
      assert(!/^\s+at /m.test(process.output.text), `a stack trace:\n${process.output.text}`);
    });
  }
  await service.published({ to: { user: "ada" }, title: "Still here" });
});
