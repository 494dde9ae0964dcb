import assert from "node:assert/strict";
import { findOnPath } from "../drivers/find_programs.ts";
import { npm } from "../drivers/npm.ts";

const CLIENT = new URL("../../client/", import.meta.url);
const ignore = findOnPath("npm") === undefined;

/** Unpacks what npm would publish. */
async function pack(): Promise<{ folder: string } & AsyncDisposable> {
  const scratch = await Deno.makeTempDir({ prefix: "bellwire_" });
  await npm(["pack", CLIENT.pathname, "--pack-destination", scratch], scratch);
  const tarball = [...Deno.readDirSync(scratch)].find(({ name }) => name.endsWith(".tgz"));
  const args = ["-xzf", `${tarball?.name}`];
  const { success } = await new Deno.Command("tar", { args, cwd: scratch }).output();
  assert(success);
  return {
    folder: `${scratch}/package`,
    [Symbol.asyncDispose]: () => Deno.remove(scratch, { recursive: true }),
  };
}

Deno.test(
  "the package has its licence, its pictures and the types of each entry, and no sources",
  { ignore },
  async () => {
    await using packed = await pack();
    const read = (path: string) => Deno.readTextFile(`${packed.folder}/${path}`);
    assert.equal(
      await read("LICENSE"),
      await Deno.readTextFile(new URL("../LICENSE", CLIENT)),
    );
    const { license, repository, exports, types, main } = JSON.parse(await read("package.json"));
    assert.equal(license, "MIT");
    assert.match(repository.url, /^git\+https:\/\/.*\.git$/);
    assert.equal(repository.directory, "client");
    for (const entry of Object.values<{ types: string; default: string }>(exports)) {
      assert((await read(entry.types)).length > 0);
      assert((await read(entry.default)).length > 0);
    }
    assert.deepEqual({ types, default: main }, exports["."]);
    const pictures = [...(await read("README.md")).matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)];
    assert(pictures.length > 0);
    for (const [, path = ""] of pictures) {
      const { size } = await Deno.stat(`${packed.folder}/${path}`);
      assert(size > 1_000, path);
    }
    assert.deepEqual([...Deno.readDirSync(packed.folder)].map(({ name }) => name).sort(), [
      "LICENSE",
      "README.md",
      "dist",
      "images",
      "package.json",
    ]);
  },
);

Deno.test("the types import nothing from outside of the package", async () => {
  const files = [new URL("dist/", CLIENT)];
  for (const file of files) {
    if (file.href.endsWith("/")) {
      for (const { name, isDirectory } of Deno.readDirSync(file)) {
        if (isDirectory) files.push(new URL(`${name}/`, file));
        else if (name.endsWith(".d.ts")) files.push(new URL(name, file));
      }
      continue;
    }
    const text = await Deno.readTextFile(file);
    for (const [, path = ""] of text.matchAll(/(?:from|import\() ?"(\.[^"]+)\.js"/g)) {
      const imported = new URL(`${path}.d.ts`, file);
      assert(imported.href.startsWith(files[0]?.href ?? ""), `${file} imports ${path}`);
      await Deno.stat(imported);
    }
  }
});

Deno.test("the client and the elements are one client, whichever is imported first", async () => {
  const client = await import(new URL("dist/client.js", CLIENT).href);
  const elements = await import(new URL("dist/elements.js", CLIENT).href);
  for (const name of Object.keys(client)) assert.equal(elements[name], client[name], name);
  assert(new elements.Unauthorized() instanceof client.Unauthorized);
  assert(Object.keys(elements).length > Object.keys(client).length);
});

Deno.test("the hooks' module begins with the directive of client components", async () => {
  const text = await Deno.readTextFile(new URL("dist/react.js", CLIENT));
  assert(text.startsWith('"use client";'), text.slice(0, 40));
});
