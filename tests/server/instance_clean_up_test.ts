import assert from "node:assert/strict";
import { join } from "node:path";
import { type Config, loadConfig } from "../../src/config/config.ts";
import type { KvConfig } from "../../src/config/kv.ts";
import { type Instance, startInstance } from "../../src/server/start.ts";
import { DenokvServer } from "../drivers/denokv_server.ts";
import { findDenokv } from "../drivers/find_programs.ts";

const denokv = findDenokv();
const SECRET = "a secret of the tests that has 32 bytes";
const TOKEN = "DENO_KV_ACCESS_TOKEN";

/** What the service reads from the environment, with a KV and a port of the test's choice. */
function configure(kv: KvConfig, port: number): Config {
  const env = {
    HOST: "127.0.0.1",
    PORT: String(port),
    BELLWIRE_JWT_SECRET: SECRET,
    BELLWIRE_API_KEYS: "test:0123456789abcdef",
  };
  const facts = { terminal: false, container: false, deploy: false, cores: 1 };
  return { ...loadConfig(env, facts), kv };
}

function start(config: Config): Promise<Instance> {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const credentials = { jwtSecrets: [SECRET], apiKeys: [{ name: "test", secret: "key" }] };
  return startInstance({ config, credentials, log, version: "0.0.0" });
}

/** Sanitizers see to it that no handle, timer or listener is left either. */
async function fails(kv: KvConfig): Promise<void> {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await assert.rejects(start(configure(kv, taken.addr.port)), Deno.errors.AddrInUse);
}

Deno.test("an instance that can't listen leaves nothing open, and the file to the next one", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
  try {
    const kv = { kind: "file", path: join(folder, "bellwire.db") } as const;
    await fails(kv);
    await fails(kv);
    const instance = await start(configure(kv, 0));
    assert.equal((await (await fetch(`${instance.url}/ready`)).json()).status, "ready");
    // Whoever stops it twice waits for the same end.
    assert.deepEqual(await Promise.all([instance.stop(), instance.stop()]), [true, true]);
    assert.equal(await instance.stop(), true);
    await fails(kv);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "an instance that can't listen is in no cluster afterwards",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    const before = Deno.env.get(TOKEN);
    Deno.env.set(TOKEN, server.environment[TOKEN] as string);
    try {
      await fails({ kind: "server", url: server.url });
      using kv = await server.open();
      const left = await Array.fromAsync(kv.list({ prefix: ["instance"] }));
      assert.deepEqual(left, []);
    } finally {
      if (before === undefined) Deno.env.delete(TOKEN);
      else Deno.env.set(TOKEN, before);
    }
  },
});
