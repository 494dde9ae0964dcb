/**
 * Builds what browsers load, and its types, into `client/dist/`, or into the folder whose path is the
 * argument.
 */
import { pathToFileURL } from "node:url";
import { build, type Plugin, stop } from "esbuild";
import { minify } from "terser";
import { writeTypes } from "./build_types.ts";

/** A file that is built. */
interface Built {
  /** Below `client/dist/`. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const FOLDER = new URL("../client/", import.meta.url);

/** What is built from which module. */
const ENTRIES = {
  "client.js": "src/mod.ts",
  "elements.js": "src/elements/mod.ts",
  "react.js": "src/react/mod.ts",
  "client-more.js": "src/more.ts",
};

/** The modules that apps import by name, and so want the types of. */
const TYPED = ["client.js", "elements.js", "react.js"] as const;

/**
 * Builds what browsers load: minified ES modules. The same sources give the same bytes on every
 * machine.
 *
 * @throws what esbuild throws at what is no program
 */
async function buildClient(): Promise<Built[]> {
  try {
    return await Promise.all(
      Object.entries(ENTRIES).map(async ([name, entry]) => ({ name, bytes: await bundle(entry) })),
    );
  } finally {
    await stop();
  }
}

/**
 * Modules that are files of their own, beside those that import them: the core, so that a page never
 * has it twice, and what is loaded on demand.
 */
const apart: Plugin = {
  name: "apart",
  setup({ onResolve }) {
    onResolve({ filter: /\/more\.ts$/ }, ({ kind }) => {
      return kind === "dynamic-import" ? { path: "./client-more.js", external: true } : undefined;
    });
    onResolve({ filter: /^\.\.\/mod\.ts$/ }, () => ({ path: "./client.js", external: true }));
  },
};

async function bundle(entry: string): Promise<Uint8Array<ArrayBuffer>> {
  const { outputFiles } = await build({
    entryPoints: [new URL(entry, FOLDER).pathname],
    absWorkingDir: decodeURIComponent(FOLDER.pathname),
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: ["chrome111", "firefox114", "safari16.4"],
    charset: "utf8",
    legalComments: "none",
    tsconfigRaw: {},
    plugins: [apart],
    // There has to be one React, and that is the app's.
    external: ["react"],
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${entry} came to nothing`);
  return await squeeze(output.text);
}

/** Gzipped, it comes to 3 % less than what esbuild alone leaves. */
async function squeeze(program: string): Promise<Uint8Array<ArrayBuffer>> {
  const compress = {
    passes: 5,
    pure_getters: true,
    keep_fargs: false,
    hoist_funs: true,
    // `"use client"` has to stay.
    directives: false,
  };
  const { code } = await minify(program, { module: true, ecma: 2022, compress });
  if (code === undefined) throw new Error("It came to nothing");
  return new TextEncoder().encode(`${code}\n`);
}

if (import.meta.main) {
  const [elsewhere] = Deno.args;
  const folder = elsewhere === undefined
    ? new URL("dist/", FOLDER)
    : pathToFileURL(`${elsewhere}/`);
  for (const { name, bytes } of await buildClient()) {
    await Deno.writeFile(new URL(name, folder), bytes);
  }
  const entries = TYPED.map((name) => [name, `client/${ENTRIES[name]}`] as const);
  await writeTypes({ root: new URL("../", FOLDER), entries, folder });
}
