import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/config.ts";
import {
  derived,
  type Settings,
  settingsOf,
  updated,
  withSettings,
} from "../../src/config/settings.ts";

const FACTS = { terminal: false, container: false, deploy: false, cores: 1 };
const ENV = {
  BELLWIRE_JWT_SECRET: "s".repeat(32),
  BELLWIRE_API_KEYS: "ci:0123456789abcdef",
  BELLWIRE_ALLOWED_ORIGINS: "https://a.example",
};

/** What the configuration of an environment begins with. */
function settings(env: Record<string, string> = {}): Settings {
  const config = loadConfig({ ...ENV, ...env }, FACTS);
  assert(config.auth.mode === "configured");
  return settingsOf(config, config.auth);
}

Deno.test("what is derived is made once for each value", () => {
  let value = "a";
  let made = 0;
  const result = derived(() => value, (value) => `${value}${++made}`);
  assert.deepEqual([result(), result()], ["a1", "a1"]);
  value = "b";
  assert.deepEqual([result(), result()], ["b2", "b2"]);
  const none = derived(() => undefined, () => ++made);
  assert.equal(none(), none());
});

Deno.test("what has not changed is the very same, so that nobody gets another quota by a new key", () => {
  const before = settings();
  // As it comes from a message to a worker.
  const after: Settings = structuredClone(settings({
    BELLWIRE_API_KEYS: "ci:0123456789abcdef,shop:fedcba9876543210",
    BELLWIRE_SOCKET_MESSAGES_PER_MINUTE: "0",
  }));
  const next = updated(before, after);
  assert.deepEqual(next, after);
  assert.equal(next.publisherQuota, before.publisherQuota);
  assert.equal(next.allowedOrigins, before.allowedOrigins);
  assert.equal(next.credentials.jwtSecrets, before.credentials.jwtSecrets);
  assert.notEqual(next.credentials.apiKeys, before.credentials.apiKeys);
  assert.equal(next.messageQuota, undefined);
});

Deno.test("a worker that starts later has the configuration with the settings that are in force", () => {
  const config = loadConfig(ENV, FACTS);
  const env = { ...ENV, BELLWIRE_PUBLISHER_CALLS_PER_MINUTE: "0", BELLWIRE_ALLOWED_ORIGINS: "*" };
  const wanted = loadConfig(env, FACTS);
  assert(wanted.auth.mode === "configured");
  assert.deepEqual(withSettings(config, settingsOf(wanted, wanted.auth)), wanted);
});
