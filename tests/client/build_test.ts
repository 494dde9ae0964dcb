import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { Service } from "../drivers/service.ts";

const ROOT = new URL("../../", import.meta.url);

const DIST = new URL("client/dist/", ROOT);

/** The texts of all files of a folder, by path. */
function textsOf(folder: URL, path = ""): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { name, isDirectory } of Deno.readDirSync(new URL(path, folder))) {
    if (!isDirectory) texts.set(path + name, Deno.readTextFileSync(new URL(path + name, folder)));
    else for (const [file, text] of textsOf(folder, `${path}${name}/`)) texts.set(file, text);
  }
  return texts;
}

/** Builds the client anew. In a process of its own, as esbuild does not wait for the end of its. */
async function build(): Promise<Map<string, string>> {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
  try {
    const args = ["run", "--config", "deno.dev.json", "-A", "scripts/build_client.ts", folder];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT })
      .output();
    assert(success, new TextDecoder().decode(stderr));
    return textsOf(pathToFileURL(`${folder}/`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what the service serves is what the sources say: after a change, deno task build", async () => {
  const built = await build();
  const served = textsOf(DIST);
  assert.deepEqual([...served.keys()].sort(), [...built.keys()].sort());
  for (const [path, text] of built) {
    assert.equal(served.get(path), text, `client/dist/${path} is not up to date`);
  }
});

Deno.test("pages of any origin may load the client, and load it again only when it has changed", async () => {
  await using service = await Service.start();
  const answer = await service.fetch("/client.js");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  assert.match(await answer.text(), /export\s*\{[^}]*\bas connect\b/);
  const etag = answer.headers.get("etag") ?? "";
  const again = await service.fetch("/client.js", { headers: { "if-none-match": etag } });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), "");
  const posted = await service.fetch("/client.js", { method: "POST" });
  assert.equal(posted.status, 405);
  await posted.body?.cancel();
});
