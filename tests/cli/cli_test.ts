import assert from "node:assert/strict";
import { join } from "node:path";
import { loadCredentials } from "../../src/auth/credentials.ts";
import { createPublisherKeys } from "../../src/auth/publisher_keys.ts";
import { createTokenVerifier } from "../../src/auth/token_verifier.ts";
import { health } from "../../src/cli/health.ts";
import { CommandFailed, UsageError } from "../../src/cli/run.ts";
import { send } from "../../src/cli/send.ts";
import { token } from "../../src/cli/token.ts";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { CERTIFICATE } from "../drivers/certificate.ts";
import { createTestApp } from "../drivers/test_app.ts";
import { ROOT } from "../drivers/paths.ts";

const FACTS = { terminal: false, container: false, deploy: false, cores: 4 };
const AUTH = {
  BELLWIRE_JWT_SECRET: "s".repeat(32),
  BELLWIRE_API_KEYS: "shop:a-key-of-16-bytes,ci:b-key-of-16-bytes",
};

function configured(env: Record<string, string> = {}): Config {
  return loadConfig({ ...AUTH, HOST: "127.0.0.1", ...env }, FACTS);
}

async function read(jwt: string, config: Config) {
  const { jwtSecrets } = await loadCredentials(config);
  const tokens = await createTokenVerifier({
    secrets: jwtSecrets,
    maxLifetimeMs: config.maxTokenLifetimeMs,
    ...(config.issuer === undefined ? {} : { issuer: config.issuer }),
    ...(config.audience === undefined ? {} : { audience: config.audience }),
  });
  return await tokens.verify(jwt);
}

/** Lets a service with this configuration's keys listen while the test runs. */
async function serving(
  env: Record<string, string>,
  test: (
    config: Config,
    store: Awaited<ReturnType<typeof createTestApp>>["store"],
  ) => Promise<void>,
) {
  const { apiKeys } = await loadCredentials(configured(env));
  const { app, store } = await createTestApp({ keys: createPublisherKeys(apiKeys) });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request, info) => app.fetch(request, info),
  );
  try {
    await test(configured({ ...env, PORT: String(server.addr.port) }), store);
  } finally {
    await server.shutdown();
  }
}

Deno.test("token signs what the service accepts, with what it was asked to say", async () => {
  const config = configured({ BELLWIRE_JWT_ISSUER: "bell", BELLWIRE_JWT_AUDIENCE: "devices" });
  const plain = await read(await token(["ada"], config), config);
  assert.equal(plain.user, "ada");
  assert.equal(plain.expiresAt - (plain.issuedAt ?? 0), 3_600_000);
  assert.deepEqual([plain.topics, plain.publish], [[], []]);

  const args = ["ada", "--ttl", "2d", "--topics", "news,team.*", "--publish", "topic:chat"];
  const full = await read(await token(args, config), config);
  assert.equal(full.expiresAt - (full.issuedAt ?? 0), 2 * 86_400_000);
  assert.deepEqual(full.topics, ["news", "team.*"]);
  assert.deepEqual(full.publish, ["topic:chat"]);
});

Deno.test("token --publish alone allows to publish to the topics that may be joined", async () => {
  const config = configured();
  const publish = async (...args: string[]) =>
    (await read(await token(args, config), config)).publish;
  assert.deepEqual(await publish("ada", "--publish", "--topics", "a,b"), ["topic:a", "topic:b"]);
  assert.deepEqual(await publish("ada", "--topics=a", "--publish"), ["topic:a"]);
  assert.deepEqual(await publish("ada", "--publish"), ["topic:*"]);
});

Deno.test("token explains itself when it is called wrongly", async () => {
  const wrong = [
    [],
    ["ada", "bob"],
    ["a b"],
    ["ada", "--ttl", "soon"],
    ["ada", "--ttl", "0"],
    ["ada", "--ttl", "31d"],
    ["ada", "--ttl"],
    ["ada", "--lifetime", "1h"],
  ];
  for (const args of wrong) {
    await assert.rejects(token(args, configured()), UsageError, args.join(" "));
  }
});

Deno.test("send publishes to the running service", async () => {
  await serving({}, async (config, store) => {
    const line = await send(["ada", "Hello", "there"], config);
    const [sent] = store.items;
    assert.equal(line, `${sent?.item.id} user:ada #1`);
    const { title, body } = JSON.parse(sent?.item.json ?? "");
    assert.deepEqual([title, body], ["Hello", "there"]);
  });
});

Deno.test("send tells what is wrong when the service is not there or refuses", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const PORT = String(listener.addr.port);
  listener.close();
  await assert.rejects(send(["ada", "Hello"], configured({ PORT })), (error) => {
    assert(error instanceof CommandFailed);
    assert(error.message.includes(`http://127.0.0.1:${PORT}`));
    assert.match(error.message, /deno task start/);
    return true;
  });
  await serving({}, async (config) => {
    const stranger = configured({
      PORT: String(config.port),
      BELLWIRE_API_KEYS: "x:another-key-of-16",
    });
    await assert.rejects(send(["ada", "Hello"], stranger), /refuses this API key/);
    await assert.rejects(send(["a b", "Hello"], config), /to\.user must be/);
  });
  await assert.rejects(send(["ada"], configured()), UsageError);
});

Deno.test("health says whether the service is alive", async () => {
  let port = "";
  await serving({}, async (config) => {
    port = String(config.port);
    assert.equal(await health([], config), "alive");
  });
  await assert.rejects(health([], configured({ PORT: port })), CommandFailed);
});

Deno.test("health works over TLS, with the permissions that the image gives it", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {}, ...CERTIFICATE },
    () => new Response("{}"),
  );
  try {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--permission-set=service", "src/cli/health.ts"],
      env: {
        ...AUTH,
        HOST: "0.0.0.0",
        PORT: String(server.addr.port),
        BELLWIRE_TLS_CERT: "cert.pem",
        BELLWIRE_TLS_KEY: "key.pem",
      },
      cwd: ROOT,
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  } finally {
    await server.shutdown();
  }
});

/** Runs a task as a user would, with the permissions that it has there. */
async function task(args: string[], env: Record<string, string>) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", ...args],
    env: { NO_COLOR: "1", ...env },
    cwd: ROOT,
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("the tasks token and send work on a fresh machine, with the permissions they have", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const env = { BELLWIRE_KV: join(folder, "data", "bellwire.db") };
    const config = loadConfig(env, FACTS);
    const signed = await task(["token", "ada", "--ttl", "5m"], env);
    assert.equal(signed.code, 0, signed.stderr);
    assert.match(signed.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    assert.equal((await read(signed.stdout.trim(), config)).user, "ada");

    const { apiKeys } = await loadCredentials(config);
    const { app, store } = await createTestApp({ keys: createPublisherKeys(apiKeys) });
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
    try {
      const sent = await task(["send", "ada", "Hello"], { ...env, PORT: String(server.addr.port) });
      assert.equal(sent.code, 0, sent.stderr);
      assert.equal(store.items.length, 1);
    } finally {
      await server.shutdown();
    }
    assert.equal((await task(["send", "ada"], env)).code, 2);
    assert.equal((await task(["token", "ada"], { ...env, PORT: "x" })).code, 78);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
