import { cp } from "node:fs/promises";
import { join, relative } from "node:path/posix";

const IMPORTED = /(\bfrom |\bimport\(|\bimport )"(\.\.?\/[^"]+)\.ts"/g;

/**
 * Writes the types of modules: one file for each module that an entry imports, directly or not, below
 * `types/`, and one beside each script that names its entry's. So a type is declared once, whichever
 * entry it is imported from.
 *
 * @throws where Deno can't make them
 */
export async function writeTypes({ root, entries, folder }: {
  /** The modules' paths are relative to it. */
  readonly root: URL;
  /** Scripts in `folder`, and the modules that they are built from. */
  readonly entries: readonly (readonly [script: string, module: string])[];
  readonly folder: URL;
}): Promise<void> {
  await Deno.remove(new URL("types/", folder), { recursive: true }).catch(() => {});
  const scratch = await Deno.makeTempDir();
  try {
    await declare(root, entries.map(([, module]) => module), scratch);
    const modules = new Set(entries.map(([, module]) => module));
    // A set's iterator also visits what is added during the iteration.
    for (const module of modules) {
      const text = await Deno.readTextFile(`${scratch}/${module.replace(/ts$/, "d.ts")}`);
      const place = placeOf(module);
      const named = text.replaceAll(IMPORTED, (_, before: string, path: string) => {
        const imported = join(module, "..", `${path}.ts`);
        modules.add(imported);
        return `${before}"${pathBetween(place, placeOf(imported))}"`;
      });
      const file = new URL(place, folder);
      await Deno.mkdir(new URL(".", file), { recursive: true });
      // The line names a folder of this machine.
      await Deno.writeTextFile(file, named.replaceAll(/^\/\/\/ <amd-module .*\n/gm, ""));
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
  for (const [script, module] of entries) {
    const path = pathBetween(script, placeOf(module));
    const file = new URL(script.replace(/js$/, "d.ts"), folder);
    await Deno.writeTextFile(file, `export * from "${path}";\n`);
  }
}

/** The file of a module's types, relative to the folder of the scripts. */
function placeOf(module: string): string {
  return module.replace(/^(client\/src\/)?/, "types/").replace(/ts$/, "d.ts");
}

/** How one file imports another: both are relative to the same folder. */
function pathBetween(from: string, to: string): string {
  const path = relative(join(from, ".."), to.replace(/d\.ts$/, "js"));
  return path.startsWith(".") ? path : `./${path}`;
}

/**
 * Writes the declarations of modules, and of the modules that they import, into a folder. It works on a
 * copy, as `deno transpile` takes the compiler's options from the configuration of its own folder only.
 */
async function declare(root: URL, modules: readonly string[], outdir: string): Promise<void> {
  const read = async (path: string) => JSON.parse(await Deno.readTextFile(new URL(path, root)));
  const { compilerOptions } = await read("client/deno.json");
  const { imports } = await read("deno.dev.json");
  const copy = await Deno.makeTempDir();
  try {
    const config = { compilerOptions, imports, lock: false, nodeModulesDir: "none" };
    await Deno.writeTextFile(`${copy}/deno.json`, JSON.stringify(config));
    for (const folder of ["client/src", "protocol"]) {
      await cp(new URL(folder, root), `${copy}/${folder}`, { recursive: true });
    }
    const args = ["transpile", "--quiet", "--declaration", "--outdir", outdir, ...modules];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: copy })
      .output();
    if (!success) throw new Error(`No types of ${modules}: ${new TextDecoder().decode(stderr)}`);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}
