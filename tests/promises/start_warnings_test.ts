import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import { type LogLine, ServiceProcess } from "../drivers/service_process.ts";

const KEYS = "a:0123456789abcdef,b:fedcba9876543210";

/** Starts the service as the task does, and gives its log once it holds so many warnings. */
async function logOf(
  env: Record<string, string>,
  { warnings, openFiles }: { warnings: number; openFiles?: number },
): Promise<readonly LogLine[]> {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
  const process = new ServiceProcess({
    HOST: "127.0.0.1",
    PORT: "0",
    BELLWIRE_KV: join(folder, "bellwire.db"),
    BELLWIRE_JWT_SECRET: "s".repeat(32),
    BELLWIRE_API_KEYS: KEYS,
    BELLWIRE_LOG: "json",
    ...env,
  }, { asTask: true, ...(openFiles === undefined ? {} : { openFiles }) });
  try {
    assert(await process.ready() !== undefined, process.output.text);
    const suspicious = () =>
      process.output.log.filter(({ event }) => event === "config.suspicious").length;
    await eventually(() => suspicious() >= warnings, () => `warnings\n${process.output.text}`);
    process.signal("SIGTERM");
    assert.equal(await process.ended, 0);
    assert.equal(suspicious(), warnings, process.output.text);
    return process.output.log;
  } finally {
    process.finish();
    await process.ended;
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("it says how many secrets and keys it has read", async () => {
  const log = await logOf({ BELLWIRE_ALLOWED_ORIGINS: "https://a.example" }, { warnings: 0 });
  const ready = log.find(({ event }) => event === "service.ready");
  assert.deepEqual([ready?.["secrets"], ready?.["keys"], ready?.["origins"]], [1, 2, 1]);
});

Deno.test("it warns of a misspelt name with the nearest one, and of quotation marks", async () => {
  const log = await logOf({
    BELLWIRE_ALLOWED_ORIGIN: "https://a.example",
    BELLWIRE_JWT_AUDIENCE: '"bellwire"',
  }, { warnings: 2 });
  const told = log.filter(({ event }) => event === "config.suspicious")
    .map(({ level, variable, reason }) => `${level} ${variable} ${reason}`).sort();
  assert.match(told[0] ?? "", /^warn BELLWIRE_ALLOWED_ORIGIN .* BELLWIRE_ALLOWED_ORIGINS\?$/);
  assert.match(told[1] ?? "", /^warn BELLWIRE_JWT_AUDIENCE .*quotation marks/);
});

Deno.test({
  name: "it warns where it may have more connections than files open",
  ignore: Deno.build.os === "windows",
  async fn() {
    const env = { BELLWIRE_MAX_CONNECTIONS: "500" };
    await logOf(env, { warnings: 0, openFiles: 1_000 });
    const log = await logOf(env, { warnings: 1, openFiles: 400 });
    const { variable, reason } = log.find(({ event }) => event === "config.suspicious") ??
      assert.fail();
    assert.equal(variable, "BELLWIRE_MAX_CONNECTIONS");
    assert.match(String(reason), /700 open files/);
  },
});

Deno.test("a start that fails tells of the misspelt name too, which may be why", async () => {
  const process = new ServiceProcess({
    HOST: "0.0.0.0",
    BELLWIRE_JWT_SECRETS: "hunter2".repeat(5),
    BELLWIRE_API_KEYS: KEYS,
  }, { asTask: true });
  assert.equal(await process.ended, 78, process.output.text);
  assert.match(process.output.stderr, /BELLWIRE_JWT_SECRET is missing/);
  assert.match(process.output.stderr, /BELLWIRE_JWT_SECRETS .*mean BELLWIRE_JWT_SECRET\?/);
  assert.doesNotMatch(process.output.text, /hunter2/);
});

Deno.test("a service whose secrets are in files serves as any other", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
  try {
    const key = "publisher-key-of-the-tests";
    await Deno.writeTextFile(join(folder, "secret"), "a secret of the tests that has 32 bytes\n");
    await Deno.writeTextFile(join(folder, "keys"), `${"test"}:${key}\n`);
    await using service = await Service.start({
      env: {
        BELLWIRE_JWT_SECRET: "",
        BELLWIRE_JWT_SECRET_FILE: join(folder, "secret"),
        BELLWIRE_API_KEYS: "",
        BELLWIRE_API_KEYS_FILE: join(folder, "keys"),
      },
    });
    await service.published({ to: { user: "ada" }, title: "Hello" });
    assert.equal((await service.inbox("ada")).length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
