import type { Suspicion } from "../config/suspicions.ts";

/** Connections above the maximum that are open until they are refused, and files of the service itself. */
const SHARE = 1.1;
const SPARE = 150;

/** How many files the process can open at once; at least `wanted` if there is no lower limit. */
export type OpenFiles = (wanted: number) => number;

/** Checks that the system allows as many open files as the configured connections need. */
export function checkOpenFiles(
  maxConnections: number,
  openFiles: OpenFiles = mostOpenFiles,
): Suspicion | undefined {
  const wanted = Math.ceil(maxConnections * SHARE) + SPARE;
  const most = openFiles(wanted);
  if (most >= wanted) return undefined;
  return {
    variable: "BELLWIRE_MAX_CONNECTIONS",
    reason: `needs ${wanted} open files, but this process may open ${most}: raise the limit ` +
      "(ulimit -Hn), or lower the variable",
  };
}

/** Opening more files than that takes too long at the start. */
const TRIED_MAX = 20_000;

/**
 * Reads the limit from `/proc`, which Deno allows only with all permissions; otherwise opens files until
 * that fails, before the service opens any other. Deno itself raises the soft limit to the hard limit.
 */
function mostOpenFiles(wanted: number): number {
  try {
    const limits = Deno.readTextFileSync("/proc/self/limits");
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity);
  } catch {
    return tryToOpen(wanted);
  }
}

function tryToOpen(wanted: number): number {
  const path = import.meta.filename;
  if (path === undefined || wanted > TRIED_MAX) return Infinity;
  const files: Deno.FsFile[] = [];
  try {
    while (files.length < wanted) files.push(Deno.openSync(path));
    return Infinity;
  } catch (error) {
    const isFull = error instanceof Error && /too many open files/i.test(error.message);
    return isFull ? files.length : Infinity;
  } finally {
    for (const file of files) file.close();
  }
}
