/** Seconds of processor time, since the machine or the process was started. */
interface CpuTime {
  readonly server: number;
  readonly generator: number;
  readonly all: number;
}

/** Linux counts in hundredths, whatever the kernel's own tick is. */
const TICKS_A_SECOND = 100;

/** How many cores were in use on average. */
export interface UsedCores extends Readonly<Record<string, number>> {
  readonly serverCores: number;
  /** Of this process. */
  readonly generatorCores: number;
  /** Of everybody else: the more, the less the other numbers say. */
  readonly otherCores: number;
}

/**
 * Starts to watch who uses the processors; the function that it returns says who did since then.
 *
 * @param serverPid the server's process; `undefined` where this process does everything
 */
export async function watchCpu(serverPid: number | undefined): Promise<() => Promise<UsedCores>> {
  const start = performance.now();
  const before = await cpuTime(serverPid);
  return async () => {
    const after = await cpuTime(serverPid);
    const seconds = (performance.now() - start) / 1000;
    const cores = (name: keyof CpuTime) => (after[name] - before[name]) / seconds;
    const serverCores = cores("server");
    const generatorCores = cores("generator");
    return {
      serverCores,
      generatorCores,
      otherCores: Math.max(0, cores("all") - serverCores - generatorCores),
    };
  };
}

async function cpuTime(serverPid: number | undefined): Promise<CpuTime> {
  const [server, generator, machine] = await Promise.all([
    serverPid === undefined ? undefined : Deno.readTextFile(`/proc/${serverPid}/stat`),
    Deno.readTextFile(`/proc/${Deno.pid}/stat`),
    Deno.readTextFile("/proc/stat"),
  ]);
  // user, nice, system, idle, iowait, irq, softirq, steal
  const [user = 0, nice = 0, system = 0, _idle, _iowait, irq = 0, softirq = 0] = machine
    .slice(0, machine.indexOf("\n")).split(/ +/).slice(1).map(Number);
  return {
    server: server === undefined ? 0 : ofProcess(server),
    generator: ofProcess(generator),
    all: (user + nice + system + irq + softirq) / TICKS_A_SECOND,
  };
}

function ofProcess(stat: string): number {
  // The name of the program, in brackets, may hold blanks; user and system time are the 12th and
  // 13th field behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  return ((fields[11] ?? NaN) + (fields[12] ?? NaN)) / TICKS_A_SECOND;
}
