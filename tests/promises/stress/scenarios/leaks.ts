// deno-lint-ignore-file no-console -- shows what was compared
import assert from "node:assert/strict";
import { decodeHead } from "../../../../src/store/codec/head_codec.ts";
import { Crowd, usersNamed } from "../../../drivers/crowd.ts";
import { eventually } from "../../../drivers/deadline.ts";
import type { Service } from "../../../drivers/service.ts";
import { publishMany, type Scenario, type Stage } from "./scenario.ts";

const MIB = 1024 * 1024;
const ROUNDS = 6;
/** Of all rounds but the first, in which some things are made once; some 4 KiB for each connection. */
const GROWTH_MAX = 4 * MIB;
/** Connections of the KV client and of the test itself come and go. */
const HANDLES_SPARE = 16;
/** Longer than routes outlive their last device. */
const ROUTES_GONE_MS = 40_000;
const GAUGES = [
  "bellwire_connections",
  "bellwire_connected_users",
  "bellwire_parked_connections",
  "bellwire_catching_up_reads",
  "bellwire_journal_waiting",
  "bellwire_journal_committing",
];

/** What an instance holds. */
interface Held {
  readonly heap: number;
  /** Open files and sockets; 0 where the system does not say. */
  readonly handles: number;
}

async function heldBy(service: Service): Promise<Held> {
  await collectGarbage(service);
  return {
    heap: await service.metric("bellwire_heap_used_bytes"),
    handles: Deno.build.os === "linux"
      ? [...Deno.readDirSync(`/proc/${service.pid}/fd`)].length
      : 0,
  };
}

async function collectGarbage(service: Service): Promise<void> {
  const collected = () =>
    service.output.log.filter(({ event }) => event === "garbage.collected").length;
  const before = collected();
  service.signal("SIGUSR2");
  await eventually(() => collected() > before, "the garbage to be collected");
}

/** Connects many, publishes to them, and lets them go. */
async function churn(stage: Stage): Promise<Held[]> {
  const instances = [stage.left, stage.right];
  {
    const users = usersNamed("churn", 50);
    await using _crowd = await Crowd.gather(instances, { users, each: 4 });
    for (const user of users) await publishMany(stage, { user, count: 4 });
  }
  for (const service of instances) await service.connections(0);
  return await Promise.all(instances.map(heldBy));
}

/**
 * How many rows of each kind there are, and how many heads still have a route to a live instance: those
 * to the dead are taken out by whoever writes the head next.
 */
async function rows(kv: Deno.Kv): Promise<{ kinds: Map<string, number>; routed: number }> {
  const kinds = new Map<string, number>();
  const live = new Set<unknown>();
  for await (const { key } of kv.list({ prefix: ["instance"] })) live.add(key[1]);
  let routed = 0;
  for (const kind of ["head", "mail", "wake", "instance"]) {
    for await (const { value } of kv.list<Uint8Array>({ prefix: [kind] })) {
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (kind === "head" && decodeHead(value).routes.some((route) => live.has(route))) routed++;
    }
  }
  return { kinds, routed };
}

async function memoryIsSteady(stage: Stage): Promise<void> {
  const rounds: Held[][] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await churn(stage));
  for (const i of [0, 1]) {
    const own = rounds.map((round) => round[i] as Held);
    console.log(
      `After each of ${ROUNDS} rounds: heap ${
        own.map(({ heap }) => (heap / MIB).toFixed(1)).join(", ")
      } MiB, handles ${own.map(({ handles }) => handles).join(", ")}`,
    );
    const [first, last] = [own[1] as Held, own.at(-1) as Held];
    const grown = last.heap - first.heap;
    assert(grown < GROWTH_MAX, `the heap has grown by ${(grown / MIB).toFixed(1)} MiB`);
    assert(last.handles <= first.handles + HANDLES_SPARE, "handles leak");
  }
}

/** What is left of all the scenarios, in the same processes; it ends them. */
export const leaks: readonly Scenario[] = [
  {
    name: "no_leaks_final: in the end nobody is connected, routed or held, and both exit with 0",
    async play(stage) {
      const instances = [stage.left, stage.right];
      for (const service of instances) await service.connections(0);
      await memoryIsSteady(stage);
      using kv = await stage.server.open();
      let left = await rows(kv);
      const heads = left.kinds.get("head") ?? 0;
      assert(heads > 100, `only ${heads} streams`);
      await eventually(
        async () => {
          left = await rows(kv);
          return left.routed === 0 && !left.kinds.has("mail");
        },
        () => `${left.routed} routed heads to let go, of ${JSON.stringify([...left.kinds])}`,
        ROUTES_GONE_MS,
      );
      for (const service of instances) {
        for (const gauge of GAUGES) assert.equal(await service.metric(gauge), 0, gauge);
        assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
      }
      console.log(`${heads} streams, none of them routed; no mail`);
      for (const service of instances) assert.equal(await service.stop(), 0, service.output.text);
      const { kinds } = await rows(kv);
      assert.deepEqual([...kinds.keys()], ["head"], "a lease or a wake key is left");
    },
  },
];
