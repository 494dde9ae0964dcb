import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join, relative } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import { FACT_VARIABLES } from "../../src/config/facts.ts";
import { NAMES } from "../../src/config/variables.ts";
import { ServiceProcess } from "../drivers/service_process.ts";
import { ROOT } from "../drivers/paths.ts";

const dockerfile = Deno.readTextFileSync(join(ROOT, "Dockerfile"));

const SET = "--permission-set=service";

Deno.test("the permission set lets the service read every variable that it knows, and no others", () => {
  const { env, ...rest } = denoJson.permissions.service;
  assert.deepEqual(rest, { net: true, read: true, write: true });
  const known = [...NAMES, ...FACT_VARIABLES];
  const matches = (pattern: string, name: string) =>
    pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  for (const name of known) assert(env.some((pattern) => matches(pattern, name)), name);
  for (const pattern of env) assert(known.some((name) => matches(pattern, name)), pattern);
});

Deno.test("each way to start the service uses the one permission set", () => {
  const { start, dev, token, send, restored } = denoJson.tasks;
  const commands = [start, dev, token, send, restored].map(({ command }) => command);
  const inImage = dockerfile.split("\n").filter((line) => /\bdeno\b.*\brun\b/.test(line));
  assert.equal(inImage.length, 2);
  for (const command of [...commands, ...inImage]) {
    assert(command.includes(SET), command);
    // Deno warns about the set, which is experimental, unless it is quiet.
    assert.match(command, /--quiet/);
    assert.doesNotMatch(command, /--allow-|-A\b/);
  }
});

Deno.test("no document or manifest lists the permissions a second time", () => {
  const files = ["README.md", "compose.yaml", "Dockerfile", "CONTRIBUTING.md", "docs"].flatMap(
    (path) => {
      const full = join(ROOT, path);
      if (Deno.statSync(full).isFile) return [full];
      return [...Deno.readDirSync(full)].filter(({ isFile }) => isFile).map(({ name }) =>
        join(full, name)
      );
    },
  );
  for (const file of files) {
    assert.doesNotMatch(Deno.readTextFileSync(file), /--allow-env/, file);
  }
});

Deno.test("what gets into the image is enough to start", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const ignore = await Deno.readTextFile(join(ROOT, ".dockerignore"));
    for (const [, path = ""] of ignore.matchAll(/^!(.+)$/gm)) {
      await cp(join(ROOT, path), join(folder, path), { recursive: true });
    }
    const service = new ServiceProcess({
      PORT: "0",
      BELLWIRE_KV: join(folder, "data", "bellwire.db"),
      BELLWIRE_JWT_SECRET: "a secret of the tests that has 32 bytes",
      BELLWIRE_API_KEYS: "test:publisher-key-of-the-tests",
    }, { cwd: folder, program: relative(ROOT, join(folder, "main.ts")) });
    assert(await service.ready() !== undefined, service.output.text);
    service.signal("SIGTERM");
    assert.equal(await service.ended, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the log of the image is JSON and nothing else, and so is that of the task run quietly", async (t) => {
  const [, image = ""] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  const commands = { image: JSON.parse(image), task: ["deno", "task", "--quiet", "start"] };
  for (const [name, [deno, ...args]] of Object.entries(commands)) {
    await t.step(name, async () => {
      assert.equal(deno, "deno");
      const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
      try {
        const child = new Deno.Command(Deno.execPath(), {
          args,
          cwd: ROOT,
          env: {
            // As a container has it: no terminal, and nobody who said that there is one.
            FORCE_COLOR: "1",
            PORT: "0",
            HOST: "127.0.0.1",
            BELLWIRE_KV: join(folder, "bellwire.db"),
            BELLWIRE_JWT_SECRET: "a secret of the tests that has 32 bytes",
            BELLWIRE_API_KEYS: "test:publisher-key-of-the-tests",
            BELLWIRE_SHUTDOWN_DELAY_SECONDS: "0",
            // It is a warning, so that there is something on both outputs.
            BELLWIRE_JWT_SECRETS: "misspelt",
          },
          stdin: "null",
          stdout: "piped",
          stderr: "piped",
        }).spawn();
        const decoder = new TextDecoder();
        const texts = await Promise.all([child.stdout, child.stderr].map(async (output) => {
          let text = "";
          for await (const bytes of output) {
            const before = text;
            text += decoder.decode(bytes);
            const event = "config.suspicious";
            if (text.includes(event) && !before.includes(event)) child.kill("SIGTERM");
          }
          return text;
        }));
        assert.equal((await child.status).code, 0, texts.join());
        for (const text of texts) {
          const lines = text.split("\n").filter((line) => line !== "");
          assert(lines.length > 0);
          for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
});

Deno.test("every task says what it does", () => {
  const names = ["start", "dev", "test", "check", "bench", "token", "send"];
  for (const name of names) assert(name in denoJson.tasks, name);
  for (const { description } of Object.values(denoJson.tasks)) assert(description.length > 10);
});

Deno.test("the image is pinned, locked, not root's, checks its health and has no dev mode", () => {
  assert.match(dockerfile, /^FROM denoland\/deno:\d+\.\d+\.\d+$/m);
  assert.match(dockerfile, /deno cache --frozen main\.ts src\/cli\/health\.ts/);
  assert.match(dockerfile, /^USER deno$/m);
  assert.match(dockerfile, /^HEALTHCHECK /m);
  assert.match(dockerfile, /^ENV container=/m);
});
