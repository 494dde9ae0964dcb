import assert from "node:assert/strict";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { ConfigErrors } from "../../src/config/variables.ts";
import { detectFacts } from "../../src/config/facts.ts";
import { VARIABLES } from "../../src/config/variables.ts";

const FACTS = { terminal: false, container: false, deploy: false, cores: 4 };
const SECRET = "s".repeat(32);
const KEY = "0123456789abcdef";
const AUTH = { BELLWIRE_JWT_SECRET: SECRET, BELLWIRE_API_KEYS: `ci:${KEY}` };
const CLAIMS = { BELLWIRE_JWT_ISSUER: "https://login.example/", BELLWIRE_JWT_AUDIENCE: "bellwire" };

const SERVER = { DENO_KV_ACCESS_TOKEN: "a-token" };

/** The variables that are complained about. */
function refused(env: Record<string, string>, facts: Partial<typeof FACTS> = {}): string[] {
  try {
    loadConfig(env, { ...FACTS, ...facts });
    return [];
  } catch (error) {
    assert(error instanceof ConfigErrors);
    return error.problems.map(({ variable }) => variable);
  }
}

Deno.test("nothing configured is dev mode on loopback with the defaults of the contract", () => {
  assert.deepEqual(
    loadConfig({}, FACTS),
    {
      port: 8000,
      host: "127.0.0.1",
      kv: { kind: "file", path: "./data/bellwire.db" },
      workers: 1,
      auth: { mode: "dev", apiKeys: [] },
      maxTokenLifetimeMs: 30 * 86_400_000,
      allowedOrigins: "same-origin",
      publisherQuota: { limit: 600_000, windowMs: 60_000 },
      messageQuota: { limit: 6_000, windowMs: 60_000 },
      userQuota: { limit: 2_000, windowMs: 10_000 },
      maxConnections: 15_000,
      maxConnectionsPerUser: 50,
      inboxMax: 1000,
      eventsMax: 4096,
      retentionDays: 90,
      heartbeatMs: 25_000,
      pongTimeoutMs: 10_000,
      shutdownDelayMs: 0,
      drainMs: 20_000,
      log: { format: "json", level: "info" },
    } satisfies Config,
  );
});

Deno.test("everything can be configured", () => {
  const config = loadConfig({
    PORT: "0",
    HOST: "[::]",
    BELLWIRE_KV: "/var/lib/bellwire/a.db",
    BELLWIRE_JWT_SECRET: `${SECRET}, ${"t".repeat(40)}`,
    BELLWIRE_JWT_ISSUER: "https://login.example",
    BELLWIRE_JWT_AUDIENCE: "bellwire",
    BELLWIRE_API_KEYS: `ci:a:b${KEY}, shop:c${KEY}, ci:d${KEY}`,
    BELLWIRE_ALLOWED_ORIGINS:
      "https://App.Example:443/, http://localhost:5173,https://*.app.example",
    BELLWIRE_WORKERS: "1",
    BELLWIRE_TLS_CERT: "cert.pem",
    BELLWIRE_TLS_KEY: "key.pem",
    BELLWIRE_PUBLISHER_CALLS_PER_MINUTE: "100",
    BELLWIRE_SOCKET_MESSAGES_PER_MINUTE: "0",
    BELLWIRE_USER_WORK_PER_MINUTE: "0",
    BELLWIRE_MAX_CONNECTIONS: "10",
    BELLWIRE_MAX_CONNECTIONS_PER_USER: "5",
    BELLWIRE_MAX_TOKEN_LIFETIME: "12h",
    BELLWIRE_INBOX_MAX: "10000",
    BELLWIRE_EVENTS_MAX: "100",
    BELLWIRE_RETENTION_DAYS: "1",
    BELLWIRE_HEARTBEAT_MS: "1000",
    BELLWIRE_PONG_TIMEOUT_MS: "500",
    BELLWIRE_SHUTDOWN_DELAY_SECONDS: "7",
    BELLWIRE_DRAIN_SECONDS: "3",
    BELLWIRE_LOG: "pretty",
    BELLWIRE_LOG_LEVEL: "debug",
  }, FACTS);
  assert.deepEqual(
    config,
    {
      port: 0,
      host: "::",
      kv: { kind: "file", path: "/var/lib/bellwire/a.db" },
      workers: 1,
      auth: {
        mode: "configured",
        jwtSecrets: [SECRET, "t".repeat(40)],
        apiKeys: [
          { name: "ci", secret: `a:b${KEY}` },
          { name: "shop", secret: `c${KEY}` },
          { name: "ci", secret: `d${KEY}` },
        ],
      },
      issuer: "https://login.example",
      audience: "bellwire",
      maxTokenLifetimeMs: 12 * 3_600_000,
      allowedOrigins: ["https://app.example", "http://localhost:5173", "https://*.app.example"],
      publisherQuota: { limit: 100, windowMs: 60_000 },
      tls: { certPath: "cert.pem", keyPath: "key.pem" },
      maxConnections: 10,
      maxConnectionsPerUser: 5,
      inboxMax: 10_000,
      eventsMax: 100,
      retentionDays: 1,
      heartbeatMs: 1000,
      pongTimeoutMs: 500,
      shutdownDelayMs: 7000,
      drainMs: 3000,
      log: { format: "pretty", level: "debug" },
    } satisfies Config,
  );
});

Deno.test("with secrets it listens on all addresses unless told otherwise", () => {
  assert.equal(loadConfig(AUTH, FACTS).host, "0.0.0.0");
  assert.equal(loadConfig({ ...AUTH, HOST: "127.0.0.1" }, FACTS).host, "127.0.0.1");
});

Deno.test("it goes on serving for 5 s after it is told to stop, where a proxy may send it calls", () => {
  assert.equal(loadConfig(AUTH, FACTS).shutdownDelayMs, 5_000);
  assert.equal(loadConfig({}, FACTS).shutdownDelayMs, 0);
  const BELLWIRE_SHUTDOWN_DELAY_SECONDS = "2";
  assert.equal(loadConfig({ BELLWIRE_SHUTDOWN_DELAY_SECONDS }, FACTS).shutdownDelayMs, 2_000);
  assert.equal(loadConfig(AUTH, { ...FACTS, deploy: true }).shutdownDelayMs, 0);
  const onDeploy = { ...AUTH, BELLWIRE_SHUTDOWN_DELAY_SECONDS };
  assert.deepEqual(refused(onDeploy, { deploy: true }), ["BELLWIRE_SHUTDOWN_DELAY_SECONDS"]);
});

Deno.test("an empty variable counts as not set", () => {
  const empty = Object.fromEntries(VARIABLES.map((variable) => [variable, "  "]));
  assert.deepEqual(loadConfig(empty, FACTS), loadConfig({}, FACTS));
});

Deno.test("the KV is a file, a denokv server with its token, or Deno Deploy's own", () => {
  const BELLWIRE_KV = "http://127.0.0.1:4512";
  assert.deepEqual(refused({ BELLWIRE_KV }), ["DENO_KV_ACCESS_TOKEN"]);
  const withToken = loadConfig({ BELLWIRE_KV, DENO_KV_ACCESS_TOKEN: "t" }, FACTS);
  assert.deepEqual(withToken.kv, { kind: "server", url: BELLWIRE_KV, accessToken: "t" });
  assert.deepEqual(loadConfig(AUTH, { ...FACTS, deploy: true }).kv, { kind: "deploy" });
});

Deno.test("the workers are as many as asked for, or as there are processors", () => {
  assert.equal(loadConfig({ BELLWIRE_WORKERS: "3" }, FACTS).workers, 3);
  assert.equal(loadConfig({ BELLWIRE_WORKERS: "auto" }, { ...FACTS, cores: 7 }).workers, 7);
});

Deno.test("auto is at most as many workers as there may be, however many processors there are", () => {
  assert.equal(loadConfig({ BELLWIRE_WORKERS: "auto" }, { ...FACTS, cores: 128 }).workers, 64);
});

Deno.test("an address is the same however it is written", () => {
  const spellings = {
    "127.0.0.1": ["127.0.0.1", "127.1", "0x7f.0.0.1"],
    "::1": ["::1", "[::1]", "0:0:0:0:0:0:0:1"],
    localhost: ["localhost", "LOCALHOST"],
  };
  for (const [host, written] of Object.entries(spellings)) {
    for (const HOST of written) assert.equal(loadConfig({ HOST }, FACTS).host, host, HOST);
  }
  assert.equal(
    loadConfig({ ...AUTH, HOST: "Bücher.example" }, FACTS).host,
    "xn--bcher-kva.example",
  );
});

Deno.test("the address of a KV server is one that Deno takes for one", () => {
  const { kv } = loadConfig({ ...SERVER, BELLWIRE_KV: "HTTP://127.0.0.1:4512" }, FACTS);
  assert.deepEqual(kv, { kind: "server", url: "http://127.0.0.1:4512", accessToken: "a-token" });
});

Deno.test("what is wrong with a value in quotation marks is said", () => {
  for (const quote of ['"', "'"]) {
    const BELLWIRE_API_KEYS = `${quote}${AUTH.BELLWIRE_API_KEYS}${quote}`;
    assert.throws(() => loadConfig({ ...AUTH, BELLWIRE_API_KEYS }, FACTS), /quotation marks/);
  }
  assert.throws(() => loadConfig({ ...AUTH, BELLWIRE_API_KEYS: "x" }, FACTS), (error) => {
    return !/quotation marks/.test(String(error));
  });
});

Deno.test("a short secret is refused with how to make a longer one", () => {
  assert.throws(
    () => loadConfig({ ...AUTH, BELLWIRE_API_KEYS: "ci:x" }, FACTS),
    /BELLWIRE_API_KEYS .*16.*openssl rand/,
  );
  const BELLWIRE_JWT_SECRET = "short";
  assert.throws(
    () => loadConfig({ ...AUTH, BELLWIRE_JWT_SECRET }, FACTS),
    /BELLWIRE_JWT_SECRET .*32.*openssl rand/,
  );
});

Deno.test("log lines are pretty on a terminal", () => {
  assert.equal(loadConfig({}, { ...FACTS, terminal: true }).log.format, "pretty");
});

Deno.test("dev mode is refused wherever more than this machine could reach it", () => {
  const missing = ["BELLWIRE_JWT_SECRET", "BELLWIRE_API_KEYS"];
  assert.deepEqual(refused({}, { container: true }), missing);
  assert.deepEqual(refused({ HOST: "0.0.0.0" }), missing);
  assert.deepEqual(refused({ HOST: "192.168.1.7" }), missing);
  assert.deepEqual(refused({ HOST: "bell.example" }), missing);
  assert.deepEqual(refused({ HOST: "127.0.0.1.evil.example" }), missing);
  assert.deepEqual(
    refused({ HOST: "0.0.0.0", BELLWIRE_API_KEYS: `ci:${KEY}` }),
    missing.slice(0, 1),
  );
  assert.deepEqual(refused({ BELLWIRE_KV: "a.db" }, { deploy: true }), missing);
  for (const HOST of ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"]) {
    assert.deepEqual(refused({ HOST }), [], HOST);
  }
  assert.deepEqual(refused({ ...AUTH, HOST: "0.0.0.0" }, { container: true }), []);
});

Deno.test("keys without a secret are used in dev mode", () => {
  assert.deepEqual(loadConfig({ BELLWIRE_API_KEYS: `ci:${KEY}` }, FACTS).auth, {
    mode: "dev",
    apiKeys: [{ name: "ci", secret: KEY }],
  });
});

Deno.test("a secret without keys is refused, since nobody could publish", () => {
  assert.deepEqual(refused({ BELLWIRE_JWT_SECRET: SECRET }), ["BELLWIRE_API_KEYS"]);
});

Deno.test("an issuer's keys need the claims to insist on, and do without a secret", () => {
  const keys = { BELLWIRE_API_KEYS: `ci:${KEY}` };
  for (
    const BELLWIRE_JWKS_URL of [
      "https://login.example/jwks.json",
      "http://127.0.0.1:9000/jwks",
      "http://[::1]/jwks",
      "http://localhost/jwks",
    ]
  ) {
    const env = { ...keys, ...CLAIMS, BELLWIRE_JWKS_URL };
    const { auth, host, issuer, audience } = loadConfig(env, FACTS);
    assert.deepEqual(auth, {
      mode: "configured",
      jwtSecrets: [],
      jwksUrl: BELLWIRE_JWKS_URL,
      apiKeys: [{ name: "ci", secret: KEY }],
    });
    assert.deepEqual([host, issuer, audience], ["0.0.0.0", ...Object.values(CLAIMS)]);
    const both = loadConfig({ ...env, ...AUTH }, FACTS).auth;
    assert.deepEqual(both, { ...auth, jwtSecrets: [SECRET] });
    assert.deepEqual(refused({ ...AUTH, BELLWIRE_JWKS_URL }), [
      "BELLWIRE_JWT_ISSUER",
      "BELLWIRE_JWT_AUDIENCE",
    ]);
    assert.deepEqual(refused({ ...CLAIMS, BELLWIRE_JWKS_URL }), ["BELLWIRE_API_KEYS"]);
  }
});

const REFUSED: Record<string, string[]> = {
  PORT: ["-1", "65536", "http", "80.5", "1e3", "0x50"],
  HOST: [
    ...["a b", "http://x", "x/y", "127.0.0.1:8000", "bell.example:80", "[::1]:80", "999.1.1.1"],
    ...["::g", "a..b", "x@y", "-"],
  ],
  BELLWIRE_KV: [
    ...["deploy", "redis://x", ":memory:", "data/", "~/bellwire.db", "http://", "http://x y"],
    ...["https://me:secret@kv.example", "https://kv.example/?a=b", "https://kv.example/#a"],
  ],
  DENO_KV_ACCESS_TOKEN: ["é", "a\nb", "a\tb"],
  BELLWIRE_JWT_SECRET: ["short", `${SECRET},short`, ",", "é".repeat(15)],
  BELLWIRE_JWKS_URL: [
    "login.example/jwks.json",
    "http://login.example/jwks.json",
    "http://127.0.0.1.evil.example/jwks.json",
    "https://user:password@login.example/jwks.json",
    "file:///etc/jwks.json",
  ],
  BELLWIRE_API_KEYS: [
    "key",
    `:${KEY}`,
    "ci:",
    `a b:${KEY}`,
    `ci:a b${KEY}`,
    ",",
    `ci: ${KEY}`,
    `a:${KEY},b:${KEY}`,
    `ci:é${KEY}`,
    "ci:x",
    "ci:fifteen-letters",
    `ci:${"x".repeat(513)}`,
  ],
  BELLWIRE_ALLOWED_ORIGINS: [
    ...["app.example", "https://app.example/path", "https://app.example?", "https://app.example#"],
    ...[
      "ws://x",
      "file:///x",
      "data:x",
      "null",
      "https://",
      "https://*",
      "https://*:443",
      "*.app.example",
    ],
    ...["https://*app.example", "https://app.*.example", "https://*.*.example", "https://*.com"],
    ...[
      "https://*.127.0.0.1",
      "https://*.[::1]",
      "https://me@app.example",
      "https://app.example:x",
    ],
    ...["capacitor://*.localhost", "https://app.example https://b.example"],
  ],
  BELLWIRE_WORKERS: ["0", "65", "1.5", "many"],
  BELLWIRE_MAX_CONNECTIONS: ["0", "many"],
  BELLWIRE_MAX_CONNECTIONS_PER_USER: ["0"],
  BELLWIRE_MAX_TOKEN_LIFETIME: ["0", "forever", "1 month", "-1d", "9999 days"],
  BELLWIRE_PUBLISHER_CALLS_PER_MINUTE: ["-1", "10/s", "many"],
  BELLWIRE_SOCKET_MESSAGES_PER_MINUTE: ["-1", "1.5"],
  BELLWIRE_INBOX_MAX: ["0", "10001"],
  BELLWIRE_EVENTS_MAX: ["0"],
  BELLWIRE_RETENTION_DAYS: ["0", "1.5"],
  BELLWIRE_HEARTBEAT_MS: ["0", "25s"],
  BELLWIRE_PONG_TIMEOUT_MS: ["0"],
  BELLWIRE_SHUTDOWN_DELAY_SECONDS: ["-1", "5s"],
  BELLWIRE_DRAIN_SECONDS: ["-1", "20s"],
  BELLWIRE_LOG: ["xml", "JSON"],
  BELLWIRE_LOG_LEVEL: ["loud"],
};

for (const [variable, values] of Object.entries(REFUSED)) {
  Deno.test(`${variable} is refused by its name when it can't be used`, () => {
    for (const value of values) {
      const kv = variable === "DENO_KV_ACCESS_TOKEN"
        ? { BELLWIRE_KV: "http://127.0.0.1:1" }
        : SERVER;
      assert.deepEqual(
        refused({ ...AUTH, ...CLAIMS, ...kv, [variable]: value }),
        [variable],
        value,
      );
    }
  });
}

Deno.test("half a TLS pair is refused by the name of the missing half", () => {
  assert.deepEqual(refused({ ...AUTH, BELLWIRE_TLS_CERT: "c.pem" }), ["BELLWIRE_TLS_KEY"]);
  assert.deepEqual(refused({ ...AUTH, BELLWIRE_TLS_KEY: "k.pem" }), ["BELLWIRE_TLS_CERT"]);
});

Deno.test("a key that is given in the place of its path is refused, and not shown", () => {
  const pem = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----";
  for (const BELLWIRE_TLS_KEY of [pem, pem.replaceAll("\n", " ")]) {
    const env = { ...AUTH, BELLWIRE_TLS_CERT: "cert.pem", BELLWIRE_TLS_KEY };
    assert.deepEqual(refused(env), ["BELLWIRE_TLS_KEY"]);
    assert.throws(() => loadConfig(env, FACTS), (error) => !String(error).includes("hunter2"));
  }
});

Deno.test("all errors come together, one line each, and tell no value", () => {
  const env = Object.fromEntries(
    Object.entries(REFUSED).map(([variable, [first = ""]]) => [variable, first]),
  );
  Object.assign(env, CLAIMS);
  // Only a server's token is looked at.
  delete env["DENO_KV_ACCESS_TOKEN"];
  env["BELLWIRE_JWT_SECRET"] = "hunter2";
  env["BELLWIRE_API_KEYS"] = "swordfish";
  assert.throws(() => loadConfig(env, FACTS), (error) => {
    assert(error instanceof ConfigErrors);
    const [, ...lines] = error.message.split("\n");
    assert.deepEqual(
      lines.map((line) => line.trim().split(" ")[0]).sort(),
      Object.keys(REFUSED).filter((variable) => variable !== "DENO_KV_ACCESS_TOKEN").sort(),
    );
    assert.doesNotMatch(error.message, /hunter2|swordfish/);
    return true;
  });
});

Deno.test("a container is one that says so, or whose first process the service is", () => {
  const at = { env: {}, pid: 7, terminal: true, cores: 4 };
  assert.deepEqual(detectFacts(at), { terminal: true, container: false, deploy: false, cores: 4 });
  assert(detectFacts({ ...at, pid: 1 }).container);
  assert(detectFacts({ ...at, env: { container: "podman" } }).container);
  assert(detectFacts({ ...at, env: { KUBERNETES_SERVICE_HOST: "10.0.0.1" } }).container);
  assert(detectFacts({ ...at, env: { DENO_DEPLOYMENT_ID: "x" } }).deploy);
});
