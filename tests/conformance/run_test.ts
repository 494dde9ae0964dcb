import assert from "node:assert/strict";

const RUN = new URL("./run.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.dev.json", import.meta.url).pathname;

async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const { CONFORMANCE_KEY: _, CONFORMANCE_SECRET: __, ...rest } = Deno.env.toObject();
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--config", CONFIG, "-A", "--no-check", RUN, ...args],
    env: { ...rest, NO_COLOR: "1", ...env },
    clearEnv: true,
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("whoever starts a run without credentials is told which are missing", async () => {
  const { code, stderr } = await run(["http://127.0.0.1:1"], {});
  assert.equal(code, 2);
  assert.match(stderr, /Missing: CONFORMANCE_KEY, CONFORMANCE_SECRET or CONFORMANCE_TOKEN_COMMAND/);
  assert.equal((await run([], {})).code, 2);
});

Deno.test("a service that breaks rules is told which, and the run fails", async () => {
  // It takes everything, and does nothing of it.
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => Response.json({ id: "x", deliveries: [], items: [], next: null, counts: {} }),
  );
  const { code, stdout } = await run([`http://127.0.0.1:${server.addr.port}`], {
    CONFORMANCE_KEY: "key",
    CONFORMANCE_SECRET: "a secret of 32 bytes, and no less",
  });
  assert.equal(code, 1);
  for (const id of ["A-1", "H-1", "P-1", "N-3", "E-2"]) {
    assert.match(stdout, new RegExp(`^${id} +FAILED +expected: `, "m"), id);
  }
  assert.match(stdout, /^T-9 +– .*not checked: sends to everyone/m);
  assert.match(stdout, /^\d+ ok, \d+ FAILED, \d+ not checked$/m);
});
