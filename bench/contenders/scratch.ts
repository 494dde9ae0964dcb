let root: string | undefined;
let made = 0;

/** A path for a file or directory that goes when the bench ends, however it ends. */
export function scratchPath(name: string): string {
  root ??= Deno.makeTempDirSync({ prefix: "bellwire-bench-" });
  return `${root}/${made++}-${name}`;
}

/** Removes everything below the paths given out so far. */
export function removeScratch(): void {
  if (root !== undefined) Deno.removeSync(root, { recursive: true });
  root = undefined;
}
