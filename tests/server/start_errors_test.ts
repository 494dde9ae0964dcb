import assert from "node:assert/strict";
import { within } from "../drivers/deadline.ts";
import { DenokvServer } from "../drivers/denokv_server.ts";
import { findDenokv } from "../drivers/find_programs.ts";
import { ServiceProcess } from "../drivers/service_process.ts";

const denokv = findDenokv();
const BASE = {
  HOST: "127.0.0.1",
  PORT: "0",
  BELLWIRE_JWT_SECRET: "s".repeat(32),
  BELLWIRE_API_KEYS: "test:0123456789abcdef",
};

/** Starts what can't be started, and looks at what its operator gets to read. */
async function refused(
  env: Record<string, string>,
  { code, says }: { code: number; says: readonly RegExp[] },
): Promise<void> {
  for (const workers of ["1", "2"]) {
    const process = new ServiceProcess({ ...BASE, ...env, BELLWIRE_WORKERS: workers });
    const { output } = process;
    try {
      const actual = await within(process.ended, () => `its end\n${output.text}`);
      assert.equal(actual, code, output.text);
    } finally {
      process.signal("SIGKILL");
      await process.ended;
    }
    for (const text of says) assert.match(output.stderr, text);
    assert(!/^\s+at /m.test(output.text), `a stack trace:\n${output.text}`);
  }
}

Deno.test("a KV server without a token is refused before anything is opened", async () => {
  await refused({ BELLWIRE_KV: "http://127.0.0.1:4512" }, {
    code: 78,
    says: [/DENO_KV_ACCESS_TOKEN is missing/],
  });
});

Deno.test("a KV server that can't be reached is named, with what to look at", async () => {
  // Nobody listens on a port that was just given back.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  await refused({ BELLWIRE_KV: url, DENO_KV_ACCESS_TOKEN: "a token" }, {
    code: 1,
    says: [/denokv server runs/, /BELLWIRE_KV/, new RegExp(url)],
  });
});

Deno.test({
  name: "a wrong token of a KV server is an error that names its variable",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await refused({ ...server.environment, DENO_KV_ACCESS_TOKEN: "another token" }, {
      code: 1,
      says: [/DENO_KV_ACCESS_TOKEN/, /token/],
    });
  },
});
