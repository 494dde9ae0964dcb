import assert from "node:assert/strict";
import { type Head, newHead } from "../../src/domain/head.ts";
import { LiveItems } from "../../src/domain/live_items.ts";
import type { StreamName } from "../../src/domain/stream_name.ts";
import { encodeHead } from "../../src/store/codec/head_codec.ts";
import { HeadCache } from "../../src/store/head_cache.ts";
import { keys } from "../../src/store/keys.ts";
import type { Kv, KvKey, KvRow, Versionstamp } from "../../src/kv/kv.ts";
import { MemoryKv } from "../fakes/memory_kv.ts";

const ADA: StreamName = "user:ada";

function head(seq: number): Head {
  return { ...newHead("epoch", 0), seq };
}

async function write(kv: Kv, value: Head, stream = ADA): Promise<Versionstamp> {
  const row = { kind: "set", key: keys.head(stream), value: encodeHead(value) } as const;
  const committed = await kv.commit({ checks: [], mutations: [row] });
  assert(committed.ok);
  return committed.versionstamp;
}

Deno.test("who shares the store reads each head anew, who has it alone only once", async () => {
  const kv = new MemoryKv();
  const [shared, isOnlyWriter] = [false, true].map((isOnlyWriter) =>
    new HeadCache({ kv, isOnlyWriter })
  );
  assert.equal(await shared?.read(ADA), undefined);
  assert.equal(await isOnlyWriter?.read(ADA), undefined);
  await write(kv, head(1));
  assert.equal((await shared?.read(ADA))?.seq, 1);
  assert.equal(await isOnlyWriter?.read(ADA), undefined);
});

Deno.test("a head that is read while a commit is answered is not older than the commit", async () => {
  for (const isOnlyWriter of [true, false]) {
    const answer = Promise.withResolvers<void>();
    const kv = new LateAnswers(answer.promise);
    await write(kv, head(1));
    const heads = new HeadCache({ kv, isOnlyWriter });
    const reading = heads.read(ADA);
    const versionstamp = await write(kv, head(2));
    heads.put(ADA, { head: head(2), versionstamp });
    answer.resolve();
    assert.equal((await reading)?.seq, 2);
    assert.equal(heads.cached(ADA)?.head?.seq, 2);
  }
});

/** What was read is on its way until `answer` is settled. */
class LateAnswers extends MemoryKv {
  constructor(readonly answer: Promise<void>) {
    super();
  }

  override async get(key: KvKey): Promise<KvRow> {
    const row = await super.get(key);
    await this.answer;
    return row;
  }
}

Deno.test("what another instance wrote replaces what is remembered", async () => {
  const kv = new MemoryKv();
  const heads = new HeadCache({ kv, isOnlyWriter: false });
  heads.put(ADA, { head: head(1), versionstamp: await write(kv, head(1)) });
  const version = await write(kv, head(2));
  assert.equal((await heads.read(ADA))?.seq, 2);
  assert.deepEqual(heads.cached(ADA)?.versionstamp, version);
});

Deno.test("heads that were used longest ago are forgotten before they take all memory", () => {
  const heads = new HeadCache({ kv: new MemoryKv(), isOnlyWriter: false });
  const packed = Array.from({ length: 10_000 }, (_, i) => (i + 1) * 4);
  const large = { ...head(10_000), live: LiveItems.fromPacked(packed) };
  const stream = (number: number): StreamName => `user:${number}`;
  for (let i = 0; i < 1_000; i++) {
    heads.put(stream(i), { head: large, versionstamp: "1" });
    // The same one again weighs no more.
    heads.put(stream(i), { head: large, versionstamp: "2" });
  }
  const remembered = Array.from({ length: 1_000 }, (_, i) => i)
    .filter((i) => heads.cached(stream(i)) !== undefined);
  assert(remembered.length > 100 && remembered.length < 500, `${remembered.length}`);
  assert.equal(remembered[0], 1_000 - remembered.length, "the newest are kept");
});
