import assert from "node:assert/strict";
import { join } from "node:path";
import { loadCredentials } from "../../src/auth/credentials.ts";
import { devSecretsPath, loadDevSecrets } from "../../src/auth/dev_secrets.ts";
import { loadConfig } from "../../src/config/config.ts";
import { StartError } from "../../src/errors.ts";

const FACTS = { terminal: false, container: false, deploy: false, cores: 4 };

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the dev secrets lie beside the KV file", () => {
  assert.equal(devSecretsPath("./data/bellwire.db"), "data/bellwire.dev.json");
  assert.equal(devSecretsPath("/srv/a"), "/srv/a.dev.json");
});

Deno.test("dev secrets are made once and survive a restart", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "new", "bellwire.dev.json");
    const first = await loadDevSecrets(path);
    assert(first.jwtSecret.length >= 32);
    assert.match(first.publisherKey, /^dev_[\w-]{32}$/);
    assert.deepEqual(await loadDevSecrets(path), first);
    const files = [...Deno.readDirSync(join(folder, "new"))].map(({ name }) => name);
    assert.deepEqual(files, ["bellwire.dev.json"]);
  });
});

Deno.test("dev secrets differ from file to file", async () => {
  await inFolder(async (folder) => {
    const a = await loadDevSecrets(join(folder, "a"));
    const b = await loadDevSecrets(join(folder, "b"));
    assert.notEqual(a.jwtSecret, b.jwtSecret);
    assert.notEqual(a.publisherKey, b.publisherKey);
  });
});

Deno.test("two that start at the same time end up with the same dev secrets", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "bellwire.dev.json");
    const [first, ...others] = await Promise.all(
      Array.from({ length: 20 }, () => loadDevSecrets(path)),
    );
    for (const other of others) assert.deepEqual(other, first);
  });
});

Deno.test({
  name: "nobody but the owner can read the dev secrets",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const path = join(folder, "bellwire.dev.json");
      const mode = () => (Deno.statSync(path).mode ?? 0) & 0o777;
      await loadDevSecrets(path);
      assert.equal(mode(), 0o600);
      await Deno.chmod(path, 0o644);
      await loadDevSecrets(path);
      assert.equal(mode(), 0o600);
    }),
});

Deno.test("damaged dev secrets are refused with the file's name, and left as they are", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "bellwire.dev.json");
    for (const text of ["", "{", "{}", "null", '{"jwtSecret":"hunter2","publisherKey":"x"}']) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(loadDevSecrets(path), (error) => {
        assert(error instanceof StartError);
        assert(error.message.includes(path));
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
      assert.equal(await Deno.readTextFile(path), text);
    }
  });
});

Deno.test("dev secrets that can't be read or written are refused with the file's name", async () => {
  await inFolder(async (folder) => {
    await assert.rejects(loadDevSecrets(folder), StartError);
    const file = join(folder, "a file");
    await Deno.writeTextFile(file, "");
    await assert.rejects(loadDevSecrets(join(file, "dev.json")), StartError);
  });
});

Deno.test("in dev mode the generated key works beside the configured ones", async () => {
  await inFolder(async (folder) => {
    const env = { BELLWIRE_KV: join(folder, "a.db"), BELLWIRE_API_KEYS: "ci:0123456789abcdef" };
    const { apiKeys, jwtSecrets, dev } = await loadCredentials(loadConfig(env, FACTS));
    assert.equal(dev?.path, join(folder, "a.dev.json"));
    assert.deepEqual(apiKeys, [
      { name: "ci", secret: "0123456789abcdef" },
      { name: "dev", secret: dev?.publisherKey },
    ]);
    assert.equal(jwtSecrets.length, 1);
  });
});

Deno.test("with a configured secret no file is made", async () => {
  await inFolder(async (folder) => {
    const secret = "s".repeat(32);
    const env = {
      BELLWIRE_KV: join(folder, "a.db"),
      BELLWIRE_JWT_SECRET: secret,
      BELLWIRE_API_KEYS: "ci:0123456789abcdef",
    };
    const credentials = await loadCredentials(loadConfig(env, FACTS));
    assert.deepEqual(credentials.jwtSecrets, [secret]);
    assert.equal(credentials.dev, undefined);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});
