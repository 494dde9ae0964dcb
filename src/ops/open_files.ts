import type { Suspicion } from "../config/suspicions.ts";

/** Connections beyond the cap that are only told why they can't stay, and what the service itself opens. */
const SHARE = 1.1;
const SPARE = 150;

/** How many files can be open at once: all that are wanted, or fewer. */
export type OpenFiles = (wanted: number) => number;

/** Whether the system lets a process have as many connections as it is configured for. */
export function checkOpenFiles(
  maxConnections: number,
  openFiles: OpenFiles = mostOpenFiles,
): Suspicion | undefined {
  const wanted = Math.ceil(maxConnections * SHARE) + SPARE;
  const most = openFiles(wanted);
  if (most >= wanted) return undefined;
  return {
    variable: "BELLWIRE_MAX_CONNECTIONS",
    reason: `needs ${wanted} open files, and this process may have ${most}: raise the limit ` +
      "(ulimit -Hn), or lower the variable",
  };
}

/** Opening more than so many takes too long to find out. */
const TRIED_MAX = 20_000;

/**
 * Linux tells the limit in a file that Deno shows only to programs that may do everything. To others
 * it shows in how many files can be opened, which has to be tried before there is anything else to be
 * opened. Deno itself raises the soft limit to the hard one.
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
