import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfig } from "../../src/config/config.ts";
import { ConfigErrors } from "../../src/config/variables.ts";
import { FROM_FILES } from "../../src/config/variables.ts";
import { readSmallFile } from "../../src/config/variables.ts";

const FACTS = { terminal: false, container: true, deploy: false, cores: 4 };
const SECRETS = ["s".repeat(32), "t".repeat(40)];
const KEYS = ["ci:0123456789abcdef", "shop:fedcba9876543210"];

/** Loads with files that hold what is given. */
function load(files: Record<string, string>, env: Record<string, string> = {}) {
  const names = Object.keys(files).map((name) => [`${name}_FILE`, `/run/${name}`]);
  const read = (path: string) => files[path.slice("/run/".length)] ?? assert.fail(path);
  return loadConfig({ ...Object.fromEntries(names), ...env }, FACTS, read);
}

/** What is complained about, as it is told. */
function problems(load: () => unknown): string[] {
  try {
    load();
  } catch (error) {
    assert(error instanceof ConfigErrors);
    return error.problems.map(({ variable, expected }) => `${variable} ${expected}`);
  }
  return [];
}

Deno.test("what is secret, a list or can change is read from the files that are named", () => {
  const config = load({
    BELLWIRE_JWT_SECRET: `${SECRETS[0]}\n${SECRETS[1]}\n`,
    BELLWIRE_API_KEYS: `${KEYS[0]}\r\n${KEYS[1]}\r\n\r\n`,
    BELLWIRE_ALLOWED_ORIGINS: "https://a.example,\n https://*.b.example\n",
    BELLWIRE_PUBLISHER_CALLS_PER_MINUTE: "100\n",
    BELLWIRE_SOCKET_MESSAGES_PER_MINUTE: "0\n",
    DENO_KV_ACCESS_TOKEN: "a-token\n",
  }, { BELLWIRE_KV: "http://denokv:4512" });
  assert.deepEqual(config.auth, {
    mode: "configured",
    jwtSecrets: SECRETS,
    apiKeys: [
      { name: "ci", secret: "0123456789abcdef" },
      { name: "shop", secret: "fedcba9876543210" },
    ],
  });
  assert.deepEqual(config.allowedOrigins, ["https://a.example", "https://*.b.example"]);
  assert.deepEqual(config.publisherQuota, { limit: 100, windowMs: 60_000 });
  assert.equal(config.messageQuota, undefined);
  assert.equal(config.kv.kind === "server" && config.kv.accessToken, "a-token");
});

Deno.test("one line of a file may hold several entries, as the variable does", () => {
  const files = { BELLWIRE_JWT_SECRET: SECRETS.join(","), BELLWIRE_API_KEYS: KEYS.join(", ") };
  const { auth } = load(files);
  assert(auth.mode === "configured");
  assert.deepEqual([auth.jwtSecrets.length, auth.apiKeys.length], [2, 2]);
});

Deno.test("a variable that is given in both ways is refused, whichever it is", () => {
  const base: Record<string, string> = {
    BELLWIRE_JWT_SECRET: SECRETS[0] ?? "",
    BELLWIRE_API_KEYS: KEYS[0] ?? "",
    BELLWIRE_KV: "http://denokv:4512",
    DENO_KV_ACCESS_TOKEN: "a-token",
    BELLWIRE_ALLOWED_ORIGINS: "*",
    BELLWIRE_PUBLISHER_CALLS_PER_MINUTE: "1",
    BELLWIRE_SOCKET_MESSAGES_PER_MINUTE: "1",
    BELLWIRE_USER_WORK_PER_MINUTE: "1",
  };
  for (const name of FROM_FILES) {
    const told = problems(() => load({ [name]: base[name] ?? "" }, base));
    assert.deepEqual(told, [`${name}_FILE and ${name} are both set: unset one of them`]);
  }
});

Deno.test("a file that holds what can't be used is named by its variable, and its content is not told", () => {
  const told = problems(() =>
    load({
      BELLWIRE_JWT_SECRET: "hunter2",
      BELLWIRE_API_KEYS: '"swordfish"',
      BELLWIRE_ALLOWED_ORIGINS: "https://*",
    })
  );
  assert.deepEqual(told.map((text) => text.split(" ")[0]), [
    "BELLWIRE_JWT_SECRET_FILE",
    "BELLWIRE_API_KEYS_FILE",
    "BELLWIRE_ALLOWED_ORIGINS_FILE",
  ]);
  assert.match(told[1] ?? "", /quotation marks/);
  assert.doesNotMatch(told.join(), /hunter2|swordfish|\/run\//);
});

Deno.test("an empty file is a mistake, where an empty variable is none", () => {
  const told = problems(() => load({ BELLWIRE_JWT_SECRET: " \n", BELLWIRE_API_KEYS: KEYS.join() }));
  assert.deepEqual(told, ["BELLWIRE_JWT_SECRET_FILE names a file that is empty"]);
});

Deno.test("a file that can't be read is refused without its path, which may be the secret", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
  await Deno.writeFile(join(folder, "bytes"), new Uint8Array([0xff, 0xfe, 0x00]));
  await Deno.writeFile(join(folder, "large"), new Uint8Array(1024 * 1024 + 1));
  const cases: [string, RegExp][] = [
    [join(folder, "missing"), /does not exist/],
    [folder, /not a file/],
    ["/dev/null", /not a file|cannot be read/],
    [join(folder, "bytes"), /not text/],
    [join(folder, "large"), /more than 1 MiB/],
  ];
  try {
    for (const [path, says] of cases) {
      await t.step(path.split("/").at(-1) ?? "", () => {
        const env = { BELLWIRE_JWT_SECRET_FILE: path, BELLWIRE_API_KEYS: KEYS.join() };
        const told = problems(() => loadConfig(env, FACTS));
        assert.equal(told.length, 1, told.join());
        assert.match(told[0] ?? "", says);
        assert(!told.join().includes(path));
      });
    }
    await Deno.writeTextFile(join(folder, "good"), "\ufeffsecret\n");
    await Deno.symlink(join(folder, "good"), join(folder, "link"));
    // As Kubernetes mounts them. A byte order mark is no part of the text.
    assert.equal(readSmallFile(join(folder, "link")), "secret\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
