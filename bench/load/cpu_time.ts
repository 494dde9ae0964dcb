/** Linux counts in hundredths, whatever the kernel's own tick is. */
const TICKS_A_SECOND = 100;

/** How many cores were in use on average. */
export interface UsedCores extends Readonly<Record<string, number>> {
  /** Of all instances together. */
  readonly serverCores: number;
  /** Of the `denokv` server. */
  readonly storeCores: number;
  /** Of this process, and of a browser that it has started and ended. */
  readonly generatorCores: number;
  /** Of everybody else: the more, the less the other numbers say. */
  readonly otherCores: number;
}

/** Knows who uses the processors. */
export interface CpuWatch {
  /** Who used how much since the watch began. */
  used(): Promise<UsedCores>;
  /** To be called before a process is killed: what it has used counts on. */
  farewell(pid: number): Promise<void>;
}

/**
 * Starts to watch who uses the processors.
 *
 * @param pids the instances' processes and that of `denokv`; none where this process does everything
 */
export async function watchCpu(
  { servers = [], store }: { servers?: readonly number[]; store?: number | undefined },
): Promise<CpuWatch> {
  const stores = store === undefined ? [] : [store];
  const lastSeen = new Map<number, number>();
  const look = async () => ({
    server: await sum(servers, lastSeen),
    store: await sum(stores, lastSeen),
    generator: await ofProcess(Deno.pid),
    all: await ofMachine(),
  });
  const start = performance.now();
  const before = await look();
  return {
    async used() {
      const after = await look();
      const seconds = (performance.now() - start) / 1000;
      const cores = (name: keyof typeof after) => (after[name] - before[name]) / seconds;
      const serverCores = cores("server");
      const storeCores = cores("store");
      const generatorCores = cores("generator");
      const otherCores = Math.max(0, cores("all") - serverCores - storeCores - generatorCores);
      return { serverCores, storeCores, generatorCores, otherCores };
    },
    async farewell(pid) {
      lastSeen.set(pid, await ofProcess(pid));
    },
  };
}

async function sum(pids: readonly number[], gone: ReadonlyMap<number, number>): Promise<number> {
  const times = await Promise.all(pids.map((pid) => gone.get(pid) ?? ofProcess(pid)));
  return times.reduce((total, time) => total + time, 0);
}

/** Seconds of processor time since the machine was started. */
async function ofMachine(): Promise<number> {
  const machine = await Deno.readTextFile("/proc/stat");
  // user, nice, system, idle, iowait, irq, softirq, steal
  const [user = 0, nice = 0, system = 0, _idle, _iowait, irq = 0, softirq = 0] = machine
    .slice(0, machine.indexOf("\n")).split(/ +/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / TICKS_A_SECOND;
}

/** Seconds of processor time since the process was started, its children's that have ended included. */
async function ofProcess(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The name of the program, in brackets, may hold blanks; user and system time are the 12th and
  // 13th field behind it, the two behind those are the children's.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  return fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) / TICKS_A_SECOND;
}
