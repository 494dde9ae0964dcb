import assert from "node:assert/strict";
import type { State } from "../../client/src/state.ts";
import { indexedDbStorage } from "../../client/src/storage.ts";

/** Enough of IndexedDB: a database that opens when a test says so. */
class FakeDatabase {
  readonly rows = new Map<string, unknown>();
  /** How often something was stored. */
  puts = 0;
  opens = 0;
  #requests: IDBOpenDBRequest[] = [];

  readonly factory = {
    open: () => {
      this.opens++;
      const request = {} as IDBOpenDBRequest;
      this.#requests.push(request);
      return request;
    },
  } as unknown as IDBFactory;

  /** Opens it for all who have asked. */
  answer(): void {
    const result = { transaction: () => this.#transaction() };
    for (const request of this.#requests.splice(0)) {
      Object.assign(request, { result });
      request.onsuccess?.(undefined as never);
    }
  }

  fail(): void {
    for (const request of this.#requests.splice(0)) request.onerror?.(undefined as never);
  }

  #transaction() {
    const transaction = {
      oncomplete: () => {},
      objectStore: () => ({
        get: (key: string) => ({ result: this.rows.get(key) }),
        put: (state: unknown, key: string) => {
          this.puts++;
          this.rows.set(key, state);
        },
        delete: ({ lower, upper }: { lower: string; upper: string }) => {
          for (const key of this.rows.keys()) {
            if (key >= lower && key <= upper) this.rows.delete(key);
          }
        },
      }),
    };
    queueMicrotask(() => queueMicrotask(() => transaction.oncomplete()));
    return transaction;
  }
}

Object.assign(globalThis, {
  IDBKeyRange: { bound: (lower: string, upper: string) => ({ lower, upper }) },
});

const state = (eventId: string) => ({ eventId }) as unknown as State;

Deno.test("a disk that answers late is opened once, and gets what was to be stored last", async () => {
  const database = new FakeDatabase();
  const storage = indexedDbStorage(() => database.factory);
  const saved = [1, 2, 3].map((n) => storage.save("bellwire x ada", state(`${n}`)));
  const loaded = storage.load("bellwire x grace");
  database.answer();
  await Promise.all([...saved, loaded]);
  assert.deepEqual([database.opens, database.puts], [1, 1]);
  assert.deepEqual(await storage.load("bellwire x ada"), state("3"));
  await storage.save("bellwire x ada", state("4"));
  assert.deepEqual(await storage.load("bellwire x ada"), state("4"));
});

Deno.test("what was wiped before the disk answered is not stored, and users of any name are wiped", async () => {
  const database = new FakeDatabase();
  for (const user of ["~bob", "auth0|5", "zoë", "Ada"]) database.rows.set(`bellwire x ${user}`, {});
  for (const other of ["bellwire x.org ada", "bellwire xy"]) database.rows.set(other, {});
  const storage = indexedDbStorage(() => database.factory);
  const under = [storage.save("bellwire x ada", state("1")), storage.wipe("bellwire x")];
  database.answer();
  await Promise.all(under);
  assert.deepEqual([...database.rows.keys()], ["bellwire x.org ada", "bellwire xy"]);
});

Deno.test("a disk that refuses, or throws at the mere look at it, is tried anew the next time", async () => {
  const database = new FakeDatabase();
  const refused = indexedDbStorage(() => database.factory);
  const first = refused.save("bellwire x ada", state("1"));
  database.fail();
  await first;
  const second = refused.save("bellwire x ada", state("2"));
  database.answer();
  await second;
  assert.deepEqual(database.rows.get("bellwire x ada"), state("2"));
  const forbidden = indexedDbStorage(() => {
    throw new DOMException("Access is denied", "SecurityError");
  });
  assert.equal(await forbidden.load("bellwire x ada"), undefined);
  await forbidden.save("bellwire x ada", state("1"));
  await forbidden.wipe("bellwire x");
});
