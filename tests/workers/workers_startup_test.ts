import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually, within } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import { ServiceProcess } from "../drivers/service_process.ts";
import { TLS_FOLDER } from "../drivers/paths.ts";

/** Starts what can't be started, and gives what its operator gets to read. */
async function refused(env: Record<string, string>): Promise<{ code: number; stderr: string }> {
  const process = new ServiceProcess(env);
  const { output } = process;
  try {
    const code = await within(process.ended, () => `its end\n${output.text}`);
    assert(!/^\s+at /m.test(output.text), `a stack trace:\n${output.text}`);
    assert(!output.text.includes("service.ready"), output.text);
    return { code, stderr: output.stderr };
  } finally {
    process.signal("SIGKILL");
    await process.ended;
  }
}

for (const first of ["1", "2"]) {
  Deno.test(`a port that a service of ${first} isolates has is refused to others, whatever their HOST`, async () => {
    await using service = await Service.start({ env: { BELLWIRE_WORKERS: first } });
    const { port } = new URL(service.url);
    for (const workers of ["1", "2"]) {
      for (const host of ["127.0.0.1", "localhost", "0.0.0.0", "::"]) {
        const { code, stderr } = await refused({
          ...service.environment(),
          BELLWIRE_KV: join(service.folder, "second", "bellwire.db"),
          BELLWIRE_WORKERS: workers,
          HOST: host,
          PORT: port,
        });
        assert.equal(code, 1, stderr);
        assert.equal(
          stderr,
          `Port ${port} on ${host} is taken: stop what listens there, or choose another one ` +
            "(PORT=8001).\n",
        );
      }
    }
    await service.published({ to: { user: "ada" }, title: "Still here" });
  });
}

Deno.test("of several with workers that start on one port at the same moment never two serve", async () => {
  await using service = await Service.start({ env: { BELLWIRE_WORKERS: "2" } });
  const { port } = new URL(service.url);
  await service.stop();
  const processes = Array.from({ length: 3 }, (_, i) =>
    new ServiceProcess({
      ...service.environment(),
      BELLWIRE_KV: join(service.folder, `${i}`, "bellwire.db"),
      BELLWIRE_WORKERS: "2",
      PORT: port,
    }));
  try {
    const ready = await Promise.all(processes.map((process) => process.ready()));
    // Both of two may be refused where they were there at the same instant, but never two be taken.
    assert(ready.filter((url) => url !== undefined).length <= 1);
    for (const [i, process] of processes.entries()) {
      if (ready[i] === undefined) assert.match(process.output.stderr, /Port \d+ on .* is taken/);
    }
  } finally {
    for (const process of processes) process.signal("SIGKILL");
    await Promise.all(processes.map(({ ended }) => ended));
  }
});

Deno.test("services with workers that may choose their port never choose the same", async () => {
  await using services = new AsyncDisposableStack();
  const started = await Promise.all(Array.from(
    { length: 3 },
    async () => services.use(await Service.start({ env: { BELLWIRE_WORKERS: "2" } })),
  ));
  assert.equal(new Set(started.map(({ url }) => url)).size, 3);
});

Deno.test("what keeps workers from starting is told as if there were none", async (t) => {
  await using service = await Service.start();
  const folder = join(service.folder, "second");
  await Deno.mkdir(folder);
  const file = join(folder, "not-pem");
  await Deno.writeTextFile(file, "These are my notes, and nothing else.\n".repeat(1_000));
  const missing = join(folder, "missing.pem");
  const cert = join(TLS_FOLDER, "cert.pem");
  const cases: [name: string, env: Record<string, string>, says: RegExp][] = [
    ["a host that is none of this machine", { HOST: "192.0.2.1" }, /HOST=192\.0\.2\.1/],
    ["a KV file in a file", { BELLWIRE_KV: join(file, "bellwire.db") }, /BELLWIRE_KV/],
    ["a KV file that is a folder", { BELLWIRE_KV: folder }, /BELLWIRE_KV/],
    ["a KV file that is no database", { BELLWIRE_KV: file }, /BELLWIRE_KV/],
    [
      "a certificate that is missing",
      { BELLWIRE_TLS_CERT: missing, BELLWIRE_TLS_KEY: file },
      /BELLWIRE_TLS_CERT: .*missing\.pem/,
    ],
    [
      "a certificate that is none",
      { BELLWIRE_TLS_CERT: file, BELLWIRE_TLS_KEY: file },
      /BELLWIRE_TLS_CERT/,
    ],
    ["a key that is none", { BELLWIRE_TLS_CERT: cert, BELLWIRE_TLS_KEY: file }, /BELLWIRE_TLS_KEY/],
    ["a configuration error", { PORT: "80000" }, /PORT must be/],
  ];
  for (const [name, env, says] of cases) {
    await t.step(name, async () => {
      const base = { ...service.environment(), BELLWIRE_KV: join(folder, "bellwire.db"), ...env };
      const alone = await refused({ ...base, BELLWIRE_WORKERS: "1" });
      assert.match(alone.stderr, says);
      assert.deepEqual(await refused({ ...base, BELLWIRE_WORKERS: "2" }), alone);
    });
  }
  // What could not be started has let go of its file.
  const process = new ServiceProcess({
    ...service.environment(),
    BELLWIRE_KV: join(folder, "bellwire.db"),
    BELLWIRE_WORKERS: "2",
  });
  try {
    await eventually(() => process.ready(), "a start at last");
  } finally {
    process.signal("SIGKILL");
    await process.ended;
  }
});
