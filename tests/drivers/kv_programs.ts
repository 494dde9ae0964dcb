import fc from "fast-check";
import type { Kv, KvKey, KvMutation, KvOperation } from "../../src/kv/kv.ts";

/** One call, with keys named by number and versions by the commit that gave them. */
export type Call =
  | { readonly call: "get"; readonly key: number }
  | { readonly call: "getMany"; readonly keys: readonly number[] }
  | {
    readonly call: "list";
    readonly between: readonly [number, number];
    readonly limit: number;
    readonly reverse: boolean;
  }
  | {
    readonly call: "commit";
    /** `fresh`: as the row was read just before; `absent`; else as the so-many-th commit left it. */
    readonly checks: readonly { readonly key: number; readonly as: "fresh" | "absent" | number }[];
    readonly mutations: readonly { readonly key: number; readonly value: number | "gone" }[];
  };

/** Ascending. */
const KEYS: readonly KvKey[] = [
  [],
  [""],
  ["a"],
  ["a", "x"],
  ["a", 3],
  ["a", 10],
  ["a\0"],
  ["b"],
  [2],
  [2, "y"],
  [10],
];

const key = fc.nat(KEYS.length - 1);

/** Programs that keep coming back to the same few rows. */
export const programs: fc.Arbitrary<Call[]> = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.record({ call: fc.constant("get"), key }) },
    { weight: 1, arbitrary: fc.record({ call: fc.constant("getMany"), keys: fc.array(key) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        call: fc.constant("list"),
        between: fc.tuple(key, key),
        limit: fc.integer({ min: 1, max: 5 }),
        reverse: fc.boolean(),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        call: fc.constant("commit"),
        checks: fc.array(
          fc.record({
            key,
            as: fc.oneof(
              { weight: 6, arbitrary: fc.constant("fresh") },
              { weight: 1, arbitrary: fc.constant("absent") },
              { weight: 1, arbitrary: fc.nat(5) },
            ),
          }),
          { maxLength: 3 },
        ),
        mutations: fc.array(
          fc.record({ key, value: fc.oneof(fc.nat(255), fc.constant("gone")) }),
          { maxLength: 3 },
        ),
      }),
    },
  ) as fc.Arbitrary<Call>,
  { maxLength: 40, size: "max" },
);

/**
 * Runs a program and tells what was answered, in a form that is the same for every engine: a version
 * is the number of the commit that gave it.
 *
 * @param root begins every key; nothing is stored below it yet
 */
export async function run(kv: Kv, root: string, program: readonly Call[]): Promise<unknown[]> {
  const versions: string[] = [];
  const at = (number: number): KvKey => [root, ...KEYS[number] as KvKey];
  const plain = (row: { key: KvKey; value: Uint8Array | null; versionstamp: string | null }) => ({
    key: row.key.slice(1),
    value: row.value?.[0] ?? null,
    version: row.versionstamp === null ? null : versions.indexOf(row.versionstamp),
  });
  const answers: unknown[] = [];
  for (const call of program) {
    switch (call.call) {
      case "get":
        answers.push(plain(await kv.get(at(call.key))));
        break;
      case "getMany":
        answers.push((await kv.getMany(call.keys.map(at))).map(plain));
        break;
      case "list": {
        const [start, end] = call.between.toSorted((a, b) => a - b) as [number, number];
        const { limit, reverse } = call;
        const rows = await kv.list({ start: at(start), end: at(end) }, { limit, reverse });
        answers.push(rows.map(plain));
        break;
      }
      case "commit": {
        const committed = await kv.commit(await operation(kv, call, { at, versions }));
        if (committed.ok) versions.push(committed.versionstamp);
        answers.push(committed.ok);
        break;
      }
    }
  }
  return answers;
}

async function operation(
  kv: Kv,
  { checks, mutations }: Call & { call: "commit" },
  { at, versions }: { at: (number: number) => KvKey; versions: readonly string[] },
): Promise<KvOperation> {
  const read = await kv.getMany(checks.map((check) => at(check.key)));
  return {
    checks: checks.map(({ as }, i) => ({
      key: read[i]?.key as KvKey,
      versionstamp: as === "fresh"
        ? read[i]?.versionstamp ?? null
        : as === "absent"
        ? null
        : versions[as] ?? null,
    })),
    mutations: mutations.map(({ key, value }): KvMutation =>
      value === "gone"
        ? { kind: "delete", key: at(key) }
        : { kind: "set", key: at(key), value: new Uint8Array([value]) }
    ),
  };
}
