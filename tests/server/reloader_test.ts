import assert from "node:assert/strict";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { ConfigErrors } from "../../src/config/variables.ts";
import type { LogFields } from "../../src/ops/log.ts";
import { Reloader } from "../../src/server/reload.ts";
import { type Settings, settingsOf } from "../../src/config/settings.ts";

const FACTS = { terminal: false, container: false, deploy: false, cores: 1 };
const ENV = {
  BELLWIRE_KV: "http://denokv:4512",
  DENO_KV_ACCESS_TOKEN: "a-token",
  BELLWIRE_JWT_SECRET: "s".repeat(32),
  BELLWIRE_API_KEYS: "ci:0123456789abcdef",
};

/** A reloader, what it reads and what comes of it. */
class World {
  /** What is read next. */
  env: Record<string, string> = { ...ENV };
  /** How the service takes other settings. */
  apply: (settings: Settings) => Promise<void> = () => Promise.resolve();
  reads = 0;
  readonly applied: Settings[] = [];
  readonly log: { event: string; fields: LogFields }[] = [];
  readonly reloader: Reloader;

  constructor() {
    const config = this.#read();
    assert(config.auth.mode === "configured");
    const note = (event: string, fields: LogFields = {}) => void this.log.push({ event, fields });
    this.reloader = new Reloader({
      config,
      settings: settingsOf(config, config.auth),
      readConfig: () => {
        this.reads++;
        return this.#read();
      },
      apply: async (settings) => {
        await this.apply(settings);
        this.applied.push(settings);
      },
      log: { debug: note, info: note, warn: note, error: note },
    });
  }

  get events(): string[] {
    return this.log.map(({ event }) => event);
  }

  #read(): Config {
    return loadConfig(this.env, FACTS);
  }
}

const OTHER_KEYS = { BELLWIRE_API_KEYS: "shop:fedcba9876543210" };

Deno.test("only what has changed is applied, once", async () => {
  const world = new World();
  await world.reloader.reload();
  assert.equal(world.applied.length, 0);
  world.env = { ...ENV, ...OTHER_KEYS };
  await world.reloader.reload();
  await world.reloader.reload();
  assert.deepEqual(world.applied.map(({ credentials }) => credentials.apiKeys), [
    [{ name: "shop", secret: "fedcba9876543210" }],
  ]);
  assert.deepEqual(world.log.map(({ fields }) => fields.variable), [
    undefined,
    "BELLWIRE_API_KEYS",
    undefined,
  ]);
});

Deno.test("what could not be applied is tried again the next time", async () => {
  const world = new World();
  world.env = { ...ENV, ...OTHER_KEYS };
  world.apply = () => Promise.reject(new Error("A worker does not answer"));
  await world.reloader.reload();
  assert.deepEqual(world.events, ["config.refused"]);
  assert.equal(world.log[0]?.fields.reason, "A worker does not answer");
  world.apply = () => Promise.resolve();
  await world.reloader.reload();
  assert.equal(world.applied.length, 1);
});

Deno.test("asked again and again while it is at work, it looks once more", async () => {
  const world = new World();
  const slow = Promise.withResolvers<void>();
  world.env = { ...ENV, ...OTHER_KEYS };
  world.apply = () => slow.promise;
  const asked = [world.reloader.reload()];
  await Promise.resolve();
  for (let i = 0; i < 100; i++) asked.push(world.reloader.reload());
  slow.resolve();
  await Promise.all(asked);
  assert.equal(world.reads, 2);
});

Deno.test("what is wrong is told with the names of the variables, and changes nothing", async () => {
  const world = new World();
  assert.throws(() => loadConfig({ ...ENV, BELLWIRE_API_KEYS: "x" }, FACTS), ConfigErrors);
  world.env = { ...ENV, BELLWIRE_API_KEYS: "hunter2", BELLWIRE_ALLOWED_ORIGINS: "https://*" };
  await world.reloader.reload();
  assert.deepEqual(world.events, ["config.refused"]);
  const reason = String(world.log[0]?.fields.reason);
  assert.match(reason, /BELLWIRE_API_KEYS .*; BELLWIRE_ALLOWED_ORIGINS /);
  assert.doesNotMatch(reason, /hunter2/);
  assert.equal(world.applied.length, 0);
});

Deno.test("a token of the KV that has changed is told to need a restart", async () => {
  const world = new World();
  world.env = { ...ENV, ...OTHER_KEYS, DENO_KV_ACCESS_TOKEN: "another-token" };
  await world.reloader.reload();
  assert.deepEqual(world.events, ["config.reloaded", "config.suspicious"]);
  assert.equal(world.log[1]?.fields.variable, "DENO_KV_ACCESS_TOKEN");
  assert.match(String(world.log[1]?.fields.reason), /restart/);
  assert.equal(world.applied.length, 1);
});
