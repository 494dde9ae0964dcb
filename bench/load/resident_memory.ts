/** Resident memory of a process in bytes, as Linux counts it. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`No resident memory known of process ${pid}`);
  return Number(kibibytes) * 1024;
}

/**
 * Resident memory once it stands still: it moved less than half a per cent for two seconds. After
 * 20 s it is taken as it is.
 */
export async function settledBytes(pid: number): Promise<number> {
  const end = performance.now() + 20_000;
  let still = performance.now();
  let reference = await residentBytes(pid);
  while (performance.now() < end && performance.now() - still < 2000) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = await residentBytes(pid);
    if (Math.abs(now - reference) < reference * 0.005) continue;
    reference = now;
    still = performance.now();
  }
  return await residentBytes(pid);
}
