import { dirname, join, relative } from "node:path";
import { ROOT } from "../drivers/paths.ts";

export interface Import {
  readonly from: string;
  readonly to: string;
  /** Whether it is gone when the program runs. */
  readonly typesOnly: boolean;
}

const STATEMENT = /^(?:import|export)\s+([^;"']*?)\s*from\s+"(\.[^"]+)"|^import\s+"(\.[^"]+)"/gm;
const DYNAMIC = /\bimport\("(\.[^"]+)"\)/g;

/** All TypeScript files below a path, relative to the repository. */
export function sourceFiles(path: string): string[] {
  const full = join(ROOT, path);
  if (Deno.statSync(full).isFile) return [path];
  return [...Deno.readDirSync(full)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return sourceFiles(join(path, name));
    return name.endsWith(".ts") ? [join(path, name)] : [];
  }).sort();
}

/** What the files import of the repository: statements, re-exports and dynamic imports. */
export function importsOf(files: readonly string[]): Import[] {
  return files.flatMap((from) => {
    const text = Deno.readTextFileSync(join(ROOT, from));
    const to = (path: string) => relative(ROOT, join(ROOT, dirname(from), path));
    const statements = [...text.matchAll(STATEMENT)].map(([, names = "", path, bare = ""]) => ({
      from,
      to: to(path ?? bare),
      typesOnly: path !== undefined && areTypes(names),
    }));
    const dynamic = [...text.matchAll(DYNAMIC)].map(([, path = ""]) => ({
      from,
      to: to(path),
      typesOnly: false,
    }));
    return [...statements, ...dynamic];
  });
}

function areTypes(names: string): boolean {
  if (/^type\b/.test(names)) return true;
  const list = /^\{([^]*)\}$/.exec(names)?.[1];
  if (list === undefined) return false;
  return list.split(",").map((name) => name.trim()).filter((name) => name !== "")
    .every((name) => name.startsWith("type "));
}

/** Every circle of imports among the files that remain when the program runs. */
export function circles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to, typesOnly } of imports) {
    if (!typesOnly) next.set(from, [...next.get(from) ?? [], to]);
  }
  const found: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string) => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const imported of next.get(file) ?? []) visit(imported);
    path.pop();
    done.add(file);
  };
  for (const file of next.keys()) visit(file);
  return found;
}
