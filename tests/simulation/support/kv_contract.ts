import assert from "node:assert/strict";
import type { Kv, KvCommitted, KvKey, KvMutation, KvOperation } from "../../../src/kv/kv.ts";

/** Something that the {@link Kv} port promises, and a check of it on any engine. */
export interface Promised {
  readonly name: string;
  /** @param root begins every key that is used; nothing is stored below it yet */
  check(kv: Kv, root: string): Promise<void>;
}

const bytes = (...values: number[]) => new Uint8Array(values);
const set = (key: KvKey, ...values: number[]): KvMutation => (
  { kind: "set", key, value: bytes(...values) }
);

async function commit(kv: Kv, operation: Partial<KvOperation>): Promise<KvCommitted> {
  return await kv.commit({ checks: [], mutations: [], ...operation });
}

async function commitOk(kv: Kv, ...mutations: KvMutation[]): Promise<string> {
  const committed = await commit(kv, { mutations });
  assert(committed.ok);
  return committed.versionstamp;
}

async function listKeys(kv: Kv, root: string, limit = 1_000, reverse = false): Promise<KvKey[]> {
  const rows = await kv.list({ start: [root], end: [`${root}\0`] }, { limit, reverse });
  return rows.map(({ key }) => key.slice(1));
}

/** Ascending, as keys have to be listed. */
const ORDERED: readonly KvKey[] = [
  [""],
  ["", "a"],
  ["a"],
  ["a", ""],
  ["a", "b"],
  ["a", -Number.MAX_SAFE_INTEGER],
  ["a", -1.5],
  ["a", -1],
  ["a", 0],
  ["a", 1],
  ["a", 1, ""],
  ["a", 2],
  ["a", 10],
  ["a", 2 ** 40],
  ["a", Number.MAX_SAFE_INTEGER],
  ["a\0"],
  ["a\0b"],
  ["a\x01"],
  ["aa"],
  ["é"],
  ["\uffff"],
  // By UTF-8 this comes after U+FFFF, by UTF-16 before.
  ["\u{1f600}"],
  [-1],
  [0],
  [0.5],
  [1],
];

/** What is promised of every engine, one thing each. */
export const KV_CONTRACT: readonly Promised[] = [
  {
    name: "a row that was never written has neither a value nor a version",
    async check(kv, root) {
      const absent = { key: [root, 1], value: null, versionstamp: null };
      assert.deepEqual(await kv.get([root, 1]), absent);
      assert.deepEqual(await kv.getMany([[root, 1]]), [absent]);
      assert.deepEqual(await kv.getMany([]), []);
    },
  },
  {
    name: "a value comes back as it was written, the empty one too, and nobody shares its memory",
    async check(kv, root) {
      const value = bytes(1, 2, 255);
      await commitOk(kv, { kind: "set", key: [root, "a"], value }, set([root, "empty"]));
      value[0] = 9;
      assert.deepEqual((await kv.get([root, "empty"])).value, bytes());
      const read = (await kv.get([root, "a"])).value;
      assert.deepEqual(read, bytes(1, 2, 255));
      read?.fill(7);
      assert.deepEqual((await kv.get([root, "a"])).value, bytes(1, 2, 255));
    },
  },
  {
    name: "all rows of a commit have its version, and versions grow as text",
    async check(kv, root) {
      let before = "";
      for (let i = 0; i < 20; i++) {
        const version = await commitOk(kv, set([root, "a"], i), set([root, "b"], i));
        assert(version > before);
        const rows = await kv.getMany([[root, "a"], [root, "b"]]);
        assert.deepEqual(rows.map(({ versionstamp }) => versionstamp), [version, version]);
        before = version;
      }
    },
  },
  {
    name: "mutations are applied in their order",
    async check(kv, root) {
      const gone: KvMutation = { kind: "delete", key: [root, "a"] };
      await commitOk(kv, set([root, "a"], 1), gone, set([root, "b"], 1), set([root, "b"], 2));
      assert.equal((await kv.get([root, "a"])).versionstamp, null);
      assert.deepEqual((await kv.get([root, "b"])).value, bytes(2));
      await commitOk(kv, { kind: "delete", key: [root, "b"] }, set([root, "b"], 3));
      assert.deepEqual((await kv.get([root, "b"])).value, bytes(3));
      await commitOk(kv, { kind: "delete", key: [root, "never there"] });
    },
  },
  {
    name: "a check passes exactly while the row is as it was read",
    async check(kv, root) {
      const key = [root, "a"];
      const absent = { key, versionstamp: null };
      const first = await commit(kv, { checks: [absent], mutations: [set(key, 1)] });
      assert(first.ok);
      const present = { key, versionstamp: first.versionstamp };
      assert.deepEqual(await commit(kv, { checks: [absent], mutations: [set(key, 2)] }), {
        ok: false,
      });
      assert.equal((await commit(kv, { checks: [present] })).ok, true);
      assert.equal((await commit(kv, { checks: [present], mutations: [set(key, 3)] })).ok, true);
      assert.equal((await commit(kv, { checks: [present], mutations: [set(key, 4)] })).ok, false);
      await commitOk(kv, { kind: "delete", key });
      assert.equal((await commit(kv, { checks: [present], mutations: [set(key, 5)] })).ok, false);
      assert.equal((await commit(kv, { checks: [absent] })).ok, true);
    },
  },
  {
    name: "one stale check keeps all of the commit from being applied",
    async check(kv, root) {
      const version = await commitOk(kv, set([root, "a"], 1));
      const checks = [
        { key: [root, "a"], versionstamp: version },
        { key: [root, "b"], versionstamp: version },
      ];
      const mutations = [set([root, "a"], 2), set([root, "c"], 2)];
      assert.equal((await commit(kv, { checks, mutations })).ok, false);
      assert.deepEqual((await kv.get([root, "a"])).value, bytes(1));
      assert.equal((await kv.get([root, "c"])).value, null);
    },
  },
  {
    name: "keys are listed strings first, by their UTF-8, then numbers by value",
    async check(kv, root) {
      const shuffled = ORDERED.toSorted((a, b) => JSON.stringify(a).length - b.length);
      for (const key of shuffled) await commitOk(kv, set([root, ...key], 1));
      assert.deepEqual(await listKeys(kv, root), ORDERED);
      assert.deepEqual(await listKeys(kv, root, 1_000, true), ORDERED.toReversed());
    },
  },
  {
    name: "a range holds its start and not its end, and its limit counts from the right side",
    async check(kv, root) {
      const mutations = Array.from({ length: 9 }, (_, i) => set([root, i], i));
      const versionstamp = await commitOk(kv, ...mutations);
      const list = async (from: number, to: number, limit: number, reverse = false) => {
        const rows = await kv.list({ start: [root, from], end: [root, to] }, { limit, reverse });
        return rows.map(({ key }) => key[1]);
      };
      assert.deepEqual(await list(2, 5, 10), [2, 3, 4]);
      assert.deepEqual(await list(2, 5, 2), [2, 3]);
      assert.deepEqual(await list(2, 5, 2, true), [4, 3]);
      assert.deepEqual(await list(2, 2, 10), []);
      assert.deepEqual(await list(20, 30, 10), []);
      const [row] = await kv.list({ start: [root, 3], end: [root, 4] }, { limit: 1 });
      assert.deepEqual(row, { key: [root, 3], value: bytes(3), versionstamp });
    },
  },
  {
    name: "a range that ends before it starts is an error, and so is a limit of none",
    async check(kv, root) {
      const backwards = { start: [root, 2], end: [root, 1] };
      await assert.rejects(kv.list(backwards, { limit: 1 }), TypeError);
      const range = { start: [root, 1], end: [root, 2] };
      await assert.rejects(kv.list(range, { limit: 0 }), /must be a positive integer/);
    },
  },
  {
    name: "many keys are answered in their order, doubled ones twice",
    async check(kv, root) {
      await commitOk(kv, ...Array.from({ length: 25 }, (_, i) => set([root, i], i)));
      const wanted = Array.from({ length: 60 }, (_, i) => (i * 7) % 30);
      const rows = await kv.getMany(wanted.map((i) => [root, i]));
      assert.deepEqual(rows.map(({ key }) => key[1]), wanted);
      assert.deepEqual(
        rows.map(({ value }) => value?.[0] ?? null),
        wanted.map((i) => i < 25 ? i : null),
      );
    },
  },
  {
    name: "more rows are listed than fit in one reading",
    async check(kv, root) {
      for (let from = 0; from < 1_200; from += 400) {
        await commitOk(kv, ...Array.from({ length: 400 }, (_, i) => set([root, from + i])));
      }
      const keys = await listKeys(kv, root, 1_100);
      assert.deepEqual(keys, Array.from({ length: 1_100 }, (_, i) => [i]));
    },
  },
  {
    name: "whoever reads after an answer sees what was answered",
    async check(kv, root) {
      const key = [root, "counter"];
      const increment = async (): Promise<void> => {
        for (;;) {
          const { value, versionstamp } = await kv.get(key);
          const mutations = [set(key, (value?.[0] ?? 0) + 1)];
          const committed = await commit(kv, { checks: [{ key, versionstamp }], mutations });
          if (!committed.ok) continue;
          assert((await kv.get(key)).versionstamp as string >= committed.versionstamp);
          return;
        }
      };
      await Promise.all(Array.from({ length: 12 }, increment));
      assert.deepEqual((await kv.get(key)).value, bytes(12));
    },
  },
  {
    name: "a row with an expiry is there until then, and stays when it is written without",
    async check(kv, root) {
      await commitOk(kv, { ...set([root, 1], 1), expireIn: 3_600_000 } as KvMutation);
      assert.deepEqual((await kv.get([root, 1])).value, bytes(1));
      await commitOk(kv, set([root, 1], 2));
      assert.deepEqual((await kv.get([root, 1])).value, bytes(2));
    },
  },
];
