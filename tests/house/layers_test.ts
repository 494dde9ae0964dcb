import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../drivers/paths.ts";
import { circles, importsOf, sourceFiles } from "./imports.ts";

/**
 * Imports that break the table today, as `folder -> folder`, with the reason. Remove an entry once
 * its imports are gone: the test asks for it.
 */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "auth -> config": "the verifier is rebuilt when settings change (auth/access.ts)",
  "encoding -> schemas": "decoding and validation share one error and its issues",
  "schemas -> auth": "the length of a token's id is defined beside the token",
};

interface Row {
  readonly uses: readonly string[];
  readonly types: readonly string[];
  readonly everything: boolean;
}

/** The table "Layers" of docs/architecture.md, by folder of `src/`. */
function table(): Map<string, Row> {
  const text = Deno.readTextFileSync(join(ROOT, "docs/architecture.md"));
  const rows = text.matchAll(/^\| `src\/(\w+)\/` *\|[^|]*\|([^|]*)\|$/gm);
  return new Map([...rows].map(([, folder = "", cell = ""]) => {
    const [uses = "", types = ""] = cell.split("types of");
    const names = (list: string) => [...list.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
    return [folder, {
      uses: names(uses),
      types: names(types),
      everything: cell.trim() === "everything",
    }];
  }));
}

const files = ["main.ts", "src"].flatMap(sourceFiles);
const imports = importsOf(files);
const folderOf = (file: string) => /^src\/(\w+)\//.exec(file)?.[1];

Deno.test("every folder of src/ has its row in the table of layers, and every row its folder", () => {
  const folders = new Set(files.map(folderOf).filter((folder) => folder !== undefined));
  assert.deepEqual([...table().keys()].sort(), [...folders].sort());
});

Deno.test("only clock.ts and errors.ts lie loose in src/", () => {
  const loose = files.filter((file) => /^src\/[^/]+$/.test(file));
  for (const file of loose) assert.match(file, /\/(clock|errors)\.ts$/);
});

Deno.test("no folder imports what the table of layers in docs/architecture.md does not allow", () => {
  const rows = table();
  const broken = new Map<string, string[]>();
  for (const { from, to, typesOnly } of imports) {
    const [folder, target] = [folderOf(from), folderOf(to)];
    if (folder === undefined || target === undefined || folder === target) continue;
    const row = rows.get(folder);
    const allowed = row?.everything || row?.uses.includes(target) ||
      typesOnly && row?.types.includes(target);
    if (allowed) continue;
    const key = `${folder} -> ${target}`;
    broken.set(key, [...broken.get(key) ?? [], `${from} imports ${to}`]);
  }
  const faults = [...broken].filter(([key]) => !(key in EXCEPTIONS));
  assert.deepEqual(faults, [], "move the import, or change the table with a reason");
  const over = Object.keys(EXCEPTIONS).filter((key) => !broken.has(key));
  assert.deepEqual(over, [], "no longer broken: remove them from EXCEPTIONS in this file");
});

Deno.test("no files of the service or of the client import each other in a circle", () => {
  const found = circles([...imports, ...importsOf(sourceFiles("client/src"))]);
  assert.deepEqual(found.map((files) => files.join(" -> ")), []);
});
