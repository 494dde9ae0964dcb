/**
 * Builds what browsers load into `client/dist/`, and its types; with the path of a folder as its
 * argument, there, and without the types.
 */
import { pathToFileURL } from "node:url";
import { build, type Plugin, stop } from "esbuild";
import { minify } from "terser";

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

/**
 * Builds what browsers load: one minified ES module each, without imports. The same sources give the
 * same bytes on every machine.
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

/** What is loaded on demand lies beside whatever loads it. */
const moreApart: Plugin = {
  name: "more apart",
  setup({ onResolve }) {
    onResolve(
      { filter: /\/more\.ts$/ },
      ({ kind }) =>
        kind === "dynamic-import" ? { path: "./client-more.js", external: true } : undefined,
    );
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
    plugins: [moreApart],
    // There has to be one React, and that is the app's.
    external: ["react"],
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${entry} came to nothing`);
  return await squeeze(output.text);
}

/** Gzipped, it comes to 3 % less than what esbuild alone leaves. */
async function squeeze(program: string): Promise<Uint8Array<ArrayBuffer>> {
  const compress = { passes: 3, pure_getters: true };
  const { code } = await minify(program, { module: true, ecma: 2022, compress });
  if (code === undefined) throw new Error("It came to nothing");
  return new TextEncoder().encode(`${code}\n`);
}

/** The modules that apps import by name, and so want the types of. */
const TYPED = ["client.js", "elements.js", "react.js"] as const;

/** Writes types below `client/dist/`. @throws where Deno can't make them */
async function writeTypes(folder: URL): Promise<void> {
  const scratch = await Deno.makeTempDir();
  try {
    for (const name of TYPED) {
      const entry = new URL(ENTRIES[name], FOLDER).pathname;
      const out = ["--external", "react", "--declaration", "-o", `${scratch}/${name}`];
      const args = ["bundle", "--quiet", ...out, entry];
      const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
      if (!success) throw new Error(`There are no types of ${name}`);
      const file = name.replace(/js$/, "d.ts");
      const types = await Deno.readTextFile(`${scratch}/${file}`);
      // What is not bundled is named as it lies in the sources.
      await Deno.writeTextFile(
        new URL(file, folder),
        types.replaceAll(/"\.\.\/(?:types|notification)\.ts"/g, '"./client.js"'),
      );
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

if (import.meta.main) {
  const [elsewhere] = Deno.args;
  const folder = elsewhere === undefined
    ? new URL("dist/", FOLDER)
    : pathToFileURL(`${elsewhere}/`);
  for (const { name, bytes } of await buildClient()) {
    await Deno.writeFile(new URL(name, folder), bytes);
  }
  if (elsewhere === undefined) await writeTypes(folder);
}
