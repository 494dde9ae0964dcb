import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { prepareKvFile } from "../../../src/kv/deno/prepare.ts";
import { eventually } from "../../drivers/deadline.ts";
import { refuses } from "../../drivers/refusal.ts";
import { Service } from "../../drivers/service.ts";
import { ServiceProcess } from "../../drivers/service_process.ts";
import { StartError } from "../../../src/errors.ts";

/** A folder with a KV file that has some rows, which nobody has open. */
async function makeDatabase(rows: number): Promise<{ folder: string; path: string }> {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
  const path = join(folder, "bellwire.db");
  const kv = await Deno.openKv(path);
  for (let i = 0; i < rows; i++) await kv.set(["row", i], new Uint8Array(1_000));
  kv.close();
  return { folder, path };
}

Deno.test("a file that is there is opened, and one that is not is made for its owner only", async () => {
  const { folder, path } = await makeDatabase(100);
  await prepareKvFile(path);
  const fresh = join(folder, "new.db");
  await prepareKvFile(fresh);
  assert.equal((await Deno.stat(fresh)).size, 0);
  if (Deno.build.os !== "windows") {
    assert.equal(((await Deno.stat(fresh)).mode ?? 0) & 0o777, 0o600);
  }
  // A process that died before SQLite had written anything is no reason to stop.
  await prepareKvFile(fresh);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("what was not written to the file yet is found in its -wal", async () => {
  const { folder, path } = await makeDatabase(10);
  const kv = await Deno.openKv(path);
  for (let i = 0; i < 200; i++) await kv.set(["row", i], new Uint8Array(1_000).fill(1));
  // As after the process was killed: the -wal is there, and the file behind it.
  const copy = join(folder, "copy.db");
  for (const suffix of ["", "-wal"]) await Deno.copyFile(path + suffix, copy + suffix);
  kv.close();
  await prepareKvFile(copy);
  const again = await Deno.openKv(copy);
  const entry = await again.get<Uint8Array>(["row", 199]);
  assert.equal(entry.value?.[0], 1);
  again.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a file that is none, or is not whole, is refused with what to do", async () => {
  const { folder, path } = await makeDatabase(2_000);
  const whole = await Deno.readFile(path);
  const damaged = whole.slice();
  for (let page = 20; page < 120; page++) damaged.fill(0xaa, page * 4_096, (page + 1) * 4_096);
  const cases: [string, Uint8Array, RegExp][] = [
    ["empty", new Uint8Array(), /is empty \(0 bytes\).*restore.*delete the file/],
    ["a text", new TextEncoder().encode("hello\n"), /is no SQLite database.*BELLWIRE_KV/],
    ["noise", crypto.getRandomValues(new Uint8Array(50_000)), /is no SQLite database/],
    ["zeros", new Uint8Array(8_192), /is no SQLite database/],
    ["cut short", whole.slice(0, whole.length / 2), /is cut short: \d+ of \d+ bytes.*backup/],
    ["damaged", damaged, /is damaged: .*backup/],
  ];
  for (const [name, bytes, message] of cases) {
    const file = join(folder, `${name}.db`);
    await Deno.writeFile(file, bytes);
    await assert.rejects(prepareKvFile(file), (error) => {
      assert(error instanceof StartError, `${name}: ${error}`);
      assert.match(error.message, message);
      return true;
    });
    // Nothing was changed: whoever looks into it finds it as it was.
    assert.deepEqual(await Deno.readFile(file), bytes, name);
  }
  const missing = join(folder, "missing.db");
  await Deno.writeFile(`${missing}-wal`, new Uint8Array(5_000));
  await assert.rejects(
    prepareKvFile(missing),
    /is missing, but its -wal is there.*delete the -wal/,
  );
  await Deno.remove(folder, { recursive: true });
});

for (const workers of ["1", "2"]) {
  Deno.test(`a service of ${workers} isolates does not start on an empty file, and says what to do`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
    const path = join(folder, "bellwire.db");
    await Deno.writeFile(path, new Uint8Array());
    const process = new ServiceProcess({
      PORT: "0",
      BELLWIRE_KV: path,
      BELLWIRE_WORKERS: workers,
      BELLWIRE_JWT_SECRET: "a secret of the tests that has 32 bytes",
      BELLWIRE_API_KEYS: "test:publisher-key-of-the-tests",
    });
    assert.equal(await process.ready(), undefined);
    assert.equal(await process.ended, 1);
    assert.match(process.output.stderr, /bellwire\.db .*is empty \(0 bytes\)/);
    assert.doesNotMatch(process.output.stderr, /Could not start|\bat .*\.ts:\d/);
    await Deno.remove(folder, { recursive: true });
  });
}

/** Each way to take the file away from under the service, and to give it back where that can be done. */
const WAYS: Record<
  string,
  { take: (folder: string) => Promise<void>; give?: (folder: string) => Promise<void> }
> = {
  "the file is deleted": { take: (folder) => Deno.remove(join(folder, "bellwire.db")) },
  "its -wal is deleted": { take: (folder) => Deno.remove(join(folder, "bellwire.db-wal")) },
  "the file is replaced": {
    async take(folder) {
      await Deno.copyFile(join(folder, "bellwire.db"), join(folder, "other"));
      await Deno.rename(join(folder, "other"), join(folder, "bellwire.db"));
    },
  },
  "its folder is moved": {
    take: (folder) => Deno.rename(folder, `${folder}.moved`),
    give: (folder) => Deno.rename(`${folder}.moved`, folder),
  },
};

async function ready(service: Service): Promise<{ status: number; text: string }> {
  const answer = await service.fetch("/ready");
  return { status: answer.status, text: await answer.text() };
}

for (const workers of ["1", "2"]) {
  for (const [way, { take, give }] of Object.entries(WAYS)) {
    Deno.test(`a service of ${workers} isolates acknowledges nothing once ${way}`, async () => {
      await using service = await Service.start({ env: { BELLWIRE_WORKERS: workers } });
      const { folder } = service;
      const logged = (event: string) =>
        service.output.log.filter((line) => line.event === event).length;
      await service.published({ to: { user: "ada" }, title: "Before" });
      assert.equal((await ready(service)).status, 200);
      await take(folder);
      for (let i = 0; i < 3; i++) {
        await refuses(await service.publish({ to: { user: "ada" }, title: "Lost" }), [
          503,
          "unavailable",
        ]);
      }
      const state = await eventually(async () => {
        const state = await ready(service);
        return state.status === 503 && state;
      }, "not to be ready");
      assert.match(state.text, /KV file|does not answer/);
      assert(logged("kv.file_gone") >= 1 && logged("kv.file_gone") <= Number(workers));
      if (give === undefined) return;
      await give(folder);
      await eventually(async () => (await ready(service)).status === 200, "to be ready again");
      const after = await eventually(async () => {
        const answer = await service.publish({ to: { user: "ada" }, title: "After" });
        await answer.body?.cancel();
        return answer.status === 201;
      }, "to be taken again");
      assert(after);
      await service.kill();
      await service.restart();
      const titles = (await service.inbox("ada")).map(({ title }) => title);
      assert.equal(titles[0], "After");
      assert.equal(titles.at(-1), "Before");
    });
  }
}

Deno.test("the file that a service leaves behind is an SQLite database without faults", async () => {
  await using service = await Service.start();
  await service.published({ to: { user: "ada" }, title: "One" });
  await service.kill();
  await prepareKvFile(join(service.folder, "bellwire.db"));
  using database = new DatabaseSync(join(service.folder, "bellwire.db"));
  assert.equal(database.prepare("PRAGMA quick_check").get()?.quick_check, "ok");
});
