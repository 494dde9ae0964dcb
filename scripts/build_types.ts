const IMPORTED = /(\bfrom |\bimport\(|\bimport )"(\.\.?\/[^"]+)\.ts"/g;

/**
 * Writes the types of modules: one file for each module that is reachable from an entry, below
 * `types/`, and one beside each script that names its entry's. So a type is declared once, whichever
 * entry it is imported from.
 *
 * @throws where Deno can't make them
 */
export async function writeTypes({ source, entries, folder }: {
  /** Where the modules' paths begin. */
  readonly source: URL;
  /** Scripts in `folder`, and the modules that they are built from. */
  readonly entries: readonly (readonly [script: string, module: string])[];
  readonly folder: URL;
}): Promise<void> {
  const declared = await declare(source, entries.map(([, module]) => module));
  const types = new URL("types/", folder);
  await Deno.remove(types, { recursive: true }).catch(() => {});
  const due = entries.map(([, module]) => module);
  const done = new Set<string>();
  for (let module = due.pop(); module !== undefined; module = due.pop()) {
    if (done.has(module)) continue;
    done.add(module);
    const text = declared.get(module);
    if (text === undefined) throw new Error(`There are no types of ${module}`);
    for (const [, , path] of text.matchAll(IMPORTED)) {
      due.push(new URL(`${path}.ts`, new URL(module, source)).href.slice(source.href.length));
    }
    const file = new URL(placeOf(module), folder);
    await Deno.mkdir(new URL(".", file), { recursive: true });
    await Deno.writeTextFile(file, text.replaceAll(IMPORTED, '$1"$2.js"'));
  }
  for (const [script, module] of entries) {
    const path = placeOf(module).replace(/d\.ts$/, "js");
    await Deno.writeTextFile(
      new URL(script.replace(/js$/, "d.ts"), folder),
      `export * from "./${path}";\n`,
    );
  }
}

/** Where a module's types are, below the folder of the scripts. */
function placeOf(module: string): string {
  return module.replace(/^src\//, "types/").replace(/ts$/, "d.ts");
}

/** The declarations of all modules of a folder, by the modules' paths. */
async function declare(source: URL, entries: readonly string[]): Promise<Map<string, string>> {
  const scratch = await Deno.makeTempDir();
  try {
    const modules = [...walk(new URL("src/", source), "src/")];
    const args = ["transpile", "--quiet", "--declaration", "--outdir", scratch, ...modules];
    const cwd = source;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
    if (!success) {
      throw new Error(`No types of ${entries}: ${new TextDecoder().decode(stderr)}`);
    }
    return new Map(modules.map((module) => {
      const text = Deno.readTextFileSync(`${scratch}/${module.replace(/ts$/, "d.ts")}`);
      // It names the machine's own folder.
      return [module, text.replaceAll(/^\/\/\/ <amd-module .*\n/gm, "")];
    }));
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

function* walk(folder: URL, path: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* walk(new URL(`${name}/`, folder), `${path}${name}/`);
    else if (name.endsWith(".ts")) yield path + name;
  }
}
