import assert from "node:assert/strict";
import fc from "fast-check";
import { DenoKv } from "../../src/kv/deno/deno_kv.ts";
import type { Kv, KvKey, KvMutation, KvOperation } from "../../src/kv/kv.ts";
import { spreadCalls } from "../../src/kv/deno/server_latency.ts";
import { DenokvServer } from "../drivers/denokv_server.ts";
import { findDenokv } from "../drivers/find_programs.ts";
import { KV_CONTRACT } from "../simulation/support/kv_contract.ts";
import { refuseOversize } from "../fakes/kv_limits.ts";
import { type Call, programs, run } from "../drivers/kv_programs.ts";
import { MemoryKv } from "../fakes/memory_kv.ts";

interface Engine {
  readonly name: string;
  readonly ignore?: boolean;
  readonly checksMax: number;
  /** Program runs; each of a real engine's commits waits for a disk. */
  readonly numRuns: number;
  use(test: (kv: Kv) => Promise<void>): Promise<void>;
}

const denokv = findDenokv();

const ENGINES: readonly Engine[] = [
  {
    name: "memory",
    checksMax: 10,
    numRuns: 20,
    use: (test) => test(new MemoryKv()),
  },
  {
    name: "a file of Deno KV",
    checksMax: 100,
    numRuns: 40,
    async use(test) {
      const folder = await Deno.makeTempDir();
      using kv = new ClosedAfter(new DenoKv(await Deno.openKv(`${folder}/kv.db`)));
      await test(kv.port);
      kv[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  },
  {
    name: "a denokv server",
    ignore: denokv === undefined,
    checksMax: 10,
    numRuns: 30,
    async use(test) {
      await using server = await DenokvServer.start(denokv ?? "");
      using kv = new ClosedAfter(new DenoKv(await server.open()));
      await test(kv.port);
    },
  },
  {
    name: "several connections to a denokv server",
    ignore: denokv === undefined,
    checksMax: 10,
    numRuns: 30,
    async use(test) {
      await using server = await DenokvServer.start(denokv ?? "");
      const lanes: Kv[] = [];
      while (lanes.length < 3) lanes.push(new DenoKv(await server.open()));
      using kv = new ClosedAfter(spreadCalls(lanes));
      await test(kv.port);
    },
  },
];

/** Closing twice would throw. */
class ClosedAfter implements Disposable {
  #closed = false;

  constructor(readonly port: Kv) {}

  [Symbol.dispose](): void {
    if (!this.#closed) this.port.close();
    this.#closed = true;
  }
}

for (const { name, ignore = false, use, checksMax, numRuns } of ENGINES) {
  Deno.test({
    name: `the store may rely on ${name}`,
    ignore,
    fn: (t) =>
      use(async (kv) => {
        for (const [i, promised] of KV_CONTRACT.entries()) {
          await t.step(promised.name, () => promised.check(kv, `c${i}`));
        }
        await t.step("too large an operation is refused as the fake refuses it", async () => {
          for (const operation of atLimit(checksMax, 0)) {
            assert.doesNotThrow(() => refuseOversize(operation, checksMax));
            assert.equal((await kv.commit(operation)).ok, true);
          }
          for (const operation of atLimit(checksMax, 1)) {
            const expected = failure(() => refuseOversize(operation, checksMax));
            // What a server says holds its own address.
            const message = expected.message.replace(/^.*\(status/, "(status");
            await assert.rejects(kv.commit(operation), (error: Error) => {
              assert(error.message.endsWith(message), error.message);
              assert.equal(error.name, expected.name);
              return true;
            });
          }
          const long = await kv.get(["k".repeat(2_100)]).catch((error) => error);
          assert.equal(long.message, "Key too large for read (max 2049 bytes)");
        });
        await t.step("any program is answered as the fake answers it", () => {
          let runs = 0;
          return fc.assert(
            fc.asyncProperty(programs, async (program: Call[]) => {
              const expected = await run(new MemoryKv(), "r", program);
              assert.deepEqual(await run(kv, `r${runs++}`, program), expected);
            }),
            { numRuns },
          );
        });
      }),
  });
}

function failure(throws: () => void): Error {
  try {
    throws();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it does not throw");
}

/** Operations that hold as much as is permitted of one thing, and `over` checks, rows or bytes more. */
function atLimit(checksMax: number, over: 0 | 1): KvOperation[] {
  const times = <T>(count: number, make: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i));
  const set = (key: KvKey, bytes: number): KvMutation => (
    { kind: "set", key, value: new Uint8Array(bytes) }
  );
  // A text takes two bytes more than it has, a number nine.
  const long = "k".repeat(2_046 + over);
  const absent = (key: KvKey) => ({ key, versionstamp: null });
  return [
    { checks: times(checksMax + over, (i) => absent(["c", i])), mutations: [set(["o"], 1)] },
    { checks: [], mutations: times(1_000 + over, (i) => set(["o", i], 0)) },
    { checks: [], mutations: [set(["o"], 65_536 + over)] },
    { checks: [], mutations: [set([long], 0)] },
    { checks: [absent([long.replaceAll("k", "j")])], mutations: [] },
    // 80 keys of 1,024 bytes.
    { checks: [], mutations: times(80, (i) => set(["k".repeat(1_013 + (i && over)), i], 0)) },
    // The key of a check counts once, that of a row twice, and a row's value.
    {
      checks: [absent(["c"])],
      mutations: [
        ...times(12, (i) => set(["o", i], 65_536)),
        set(["o"], 819_200 - 3 - 12 * (24 + 65_536) - 6 + over),
      ],
    },
  ];
}
