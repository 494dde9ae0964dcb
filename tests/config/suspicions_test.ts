import assert from "node:assert/strict";
import { findSuspicions, likelyMistakes } from "../../src/config/suspicions.ts";
import { NAMES } from "../../src/config/variables.ts";
import { checkOpenFiles } from "../../src/ops/open_files.ts";

/** What is suspected, and the name that is proposed. */
function suspected(env: Record<string, string>): Record<string, string | undefined> {
  return Object.fromEntries(
    findSuspicions(env).map(({ variable, reason }) => [
      variable,
      /mean (\w+)\?/.exec(reason)?.[1] ?? (reason.includes("quotation") ? "quotes" : undefined),
    ]),
  );
}

const MISSPELT = {
  BELLWIRE_JWT_SECRETS: "BELLWIRE_JWT_SECRET",
  BELLWIRE_API_KEY: "BELLWIRE_API_KEYS",
  BELLWIRE_ALLOWED_ORIGIN: "BELLWIRE_ALLOWED_ORIGINS",
  BELLWIRE_ORIGINS: "BELLWIRE_ALLOWED_ORIGINS",
  BELLWIRE_ALOWED_ORIGINS: "BELLWIRE_ALLOWED_ORIGINS",
  BELLWIRE_DRAIN_MS: "BELLWIRE_DRAIN_SECONDS",
  BELLWIRE_HEARTBEAT_SECONDS: "BELLWIRE_HEARTBEAT_MS",
  BELLWIRE_TLS_CERT_FILE: "BELLWIRE_TLS_CERT",
  BELLWIRE_WROKERS: "BELLWIRE_WORKERS",
  BELLWIRE_PORT: "PORT",
  BELLWIRE_HOST: "HOST",
  BELLWIRE_KV_FILE: "BELLWIRE_KV",
  BELLWIRE_MAX_CONNECTION: "BELLWIRE_MAX_CONNECTIONS",
};

Deno.test("a misspelt name is told with the nearest one", () => {
  const env = Object.fromEntries(Object.keys(MISSPELT).map((name) => [name, "x"]));
  const found = suspected(env);
  assert.deepEqual(Object.keys(found), Object.keys(MISSPELT));
  assert.equal(found["BELLWIRE_JWT_SECRETS"], "BELLWIRE_JWT_SECRET");
  for (const name of ["BELLWIRE_API_KEY", "BELLWIRE_ALOWED_ORIGINS", "BELLWIRE_WROKERS"] as const) {
    assert.equal(found[name], MISSPELT[name]);
  }
  assert.equal(found["BELLWIRE_PORT"], "PORT");
  assert.equal(found["BELLWIRE_HEARTBEAT_SECONDS"], "BELLWIRE_HEARTBEAT_MS");
});

Deno.test("where no list of all variables may be had, the likely mistakes are asked for one by one", () => {
  const mistakes = likelyMistakes();
  for (const name of Object.keys(MISSPELT)) {
    // Two words less are too many to guess.
    if (name !== "BELLWIRE_ORIGINS") assert(mistakes.has(name), name);
  }
  for (const name of NAMES) assert(!mistakes.has(name), name);
  for (const name of mistakes) assert(name.startsWith("BELLWIRE_"), name);
});

Deno.test("names of others, and values that mean nothing, are left alone", () => {
  assert.deepEqual(
    findSuspicions({
      PATH: "/bin",
      BELLWIRE_SITE: "bell.example",
      BELLWIRE_UPSTREAMS: "a:8000",
      BELLWIRE_PROXY_ADMIN: "off",
      BELLWIRE_SERVICE_HOST: "10.0.0.1",
      BELLWIRE_SERVICE_PORT: "8000",
      BELLWIRE_SERVICE_PORT_HTTP: "8000",
      BELLWIRE_PORT: "tcp://10.0.0.1:8000",
      BELLWIRE_PORT_8000_TCP_ADDR: "10.0.0.1",
      BELLWIRE_WEB_PORT_8000_TCP: "tcp://10.0.0.1:8000",
      BELLWIRE_JWT_SECRETS: " ",
      BELLWIRE_LOG: "json",
    }),
    [],
  );
});

Deno.test("a value that kept its quotation marks is told, and not shown", () => {
  const env = { BELLWIRE_JWT_SECRET: '"hunter2"', BELLWIRE_JWT_ISSUER: "'x'", BELLWIRE_KV: 'a"b"' };
  assert.deepEqual(suspected(env), {
    BELLWIRE_JWT_SECRET: "quotes",
    BELLWIRE_JWT_ISSUER: "quotes",
  });
  assert.doesNotMatch(JSON.stringify(findSuspicions(env)), /hunter2/);
});

Deno.test("more connections than files may be open are told, with the numbers", () => {
  assert.equal(checkOpenFiles(1_000, (wanted) => wanted), undefined);
  assert.equal(checkOpenFiles(1_000, () => Infinity), undefined);
  const { variable, reason } = checkOpenFiles(1_000, () => 1_024) ?? assert.fail();
  assert.equal(variable, "BELLWIRE_MAX_CONNECTIONS");
  assert.match(reason, /1250.*1024/);
});
