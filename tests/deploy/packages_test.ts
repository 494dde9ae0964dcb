import assert from "node:assert/strict";
import { join } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import devJson from "../../deno.dev.json" with { type: "json" };
import { ROOT } from "../drivers/paths.ts";

interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, { integrity: string; dependencies?: string[] }>>;
}

const read = (path: string): Lock => JSON.parse(Deno.readTextFileSync(join(ROOT, path)));
const lock = read("deno.lock");
const devLock = read("deno.dev.lock");
const names = (keys: Iterable<string>) => [...keys].map((key) => key.replace(/(?<=.)@.*/, ""));

/** Whether the registry can be reached: without it a fresh cache stays empty. */
const registry = await fetch("https://registry.npmjs.org/hono", {
  method: "HEAD",
  signal: AbortSignal.timeout(5_000),
}).then((response) => response.ok, () => false);

Deno.test("the service's lock file holds what it imports and depends on, and nothing else", () => {
  assert.deepEqual(Object.keys(lock.specifiers).sort(), Object.values(denoJson.imports).sort());
  const needed = new Set(names(Object.keys(denoJson.imports)));
  for (const name of needed) {
    const packages = Object.entries(lock.npm).filter(([key]) => names([key])[0] === name);
    assert.equal(packages.length, 1, name);
    for (const [, { dependencies = [] }] of packages) {
      for (const dependency of names(dependencies)) needed.add(dependency);
    }
  }
  assert.deepEqual(names(Object.keys(lock.npm)).sort(), [...needed].sort());
});

Deno.test("development uses the same versions of what serves", () => {
  const developed: Record<string, string> = devJson.imports;
  for (const [name, version] of Object.entries(denoJson.imports)) {
    assert.equal(developed[name], version, `deno.dev.json: ${name}`);
  }
  assert.deepEqual(devJson.compilerOptions, denoJson.compilerOptions);
  const locked = new Map(
    Object.entries(devLock.npm).map(([key, { integrity }]) => [key.replace(/_.*/, ""), integrity]),
  );
  for (const [key, { integrity }] of Object.entries(lock.npm)) {
    assert.equal(locked.get(key.replace(/_.*/, "")), integrity, `deno.dev.lock: ${key}`);
  }
});

Deno.test({
  name: "on a fresh machine `deno task start` downloads what serving needs only",
  ignore: !registry,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
    try {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["task", "--quiet", "start"],
        cwd: ROOT,
        env: { DENO_DIR: folder, PORT: "0", BELLWIRE_KV: join(folder, "bellwire.db") },
        stdin: "null",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      let text = "";
      const decoder = new TextDecoder();
      for await (const bytes of child.stdout) {
        const before = text;
        text += decoder.decode(bytes);
        const event = '"event":"service.ready"';
        if (text.includes(event) && !before.includes(event)) child.kill("SIGTERM");
      }
      assert.equal((await child.status).code, 0, text);
      assert.deepEqual(downloaded(folder).sort(), names(Object.keys(lock.npm)).sort());
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** The packages whose files lie in a cache: those that have a folder with a `package.json`. */
function downloaded(cache: string): string[] {
  const found: string[] = [];
  for (const { name: host } of Deno.readDirSync(join(cache, "npm"))) {
    const folder = join(cache, "npm", host);
    const scoped = [...Deno.readDirSync(folder)].flatMap(({ name }) =>
      name.startsWith("@")
        ? [...Deno.readDirSync(join(folder, name))].map((entry) => `${name}/${entry.name}`)
        : [name]
    );
    for (const name of scoped) {
      const versions = [...Deno.readDirSync(join(folder, name))];
      if (versions.some(({ isDirectory }) => isDirectory)) found.push(name);
    }
  }
  return found;
}
