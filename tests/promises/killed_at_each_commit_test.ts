import assert from "node:assert/strict";
import { publishBatch } from "../drivers/publisher_calls.ts";
import { Service } from "../drivers/service.ts";

const USERS = Array.from({ length: 100 }, (_, i) => `user-${i}`);
const PROGRAM = { program: "tests/drivers/mortal_main.ts" };

/**
 * Has the service die at each commit of a call, before it and after it, and the call repeated by the
 * next process. Resolves with how many commits it has.
 */
async function dieAtEach(
  service: Service,
  call: (name: string) => Promise<void>,
): Promise<number> {
  for (let at = 0;; at++) {
    for (const when of ["before", "after"]) {
      const name = `${when} ${at}`;
      await service.stop();
      await service.restart({ TESTS_DIES_AT: String(at), TESTS_DIES: when });
      const survived = await call(name).then(() => true, () => false);
      if (survived) {
        assert.equal(when, "before");
        return at;
      }
      await service.gone();
      await service.restart();
      await call(name);
    }
  }
}

Deno.test("killed with SIGKILL at each commit of a call to many users, and repeated, each has it once", async () => {
  await using service = await Service.start(PROGRAM);
  const ids: string[] = [];
  const commits = await dieAtEach(service, async (title) => {
    const body = { to: { users: USERS }, title };
    const { id, deliveries } = await service.published(body, { "idempotency-key": title });
    ids.unshift(id);
    assert.deepEqual(deliveries.map(({ stream }) => stream), USERS.map((user) => `user:${user}`));
    assert.deepEqual(new Set(deliveries.map(({ seq }) => seq)), new Set([ids.length]));
  });
  assert(commits >= 5, String(commits));
  for (const user of USERS) {
    assert.deepEqual((await service.inbox(user)).map(({ id }) => id), ids, user);
  }
});

Deno.test("killed with SIGKILL at each commit of a batch, and repeated, each entry is there once", async () => {
  await using service = await Service.start(PROGRAM);
  const rounds: string[] = [];
  const some = USERS.slice(0, 20);
  const commits = await dieAtEach(service, async (name) => {
    const { results } = await publishBatch(service, [
      { to: { users: some }, title: `${name} many` },
      { to: { user: "user-0" } },
      { to: { user: "user-0" }, title: `${name} one` },
      { to: { users: some.toReversed() }, title: `${name} again` },
    ], { "idempotency-key": name });
    assert.deepEqual(results.map(({ status }) => status), [201, 400, 201, 201]);
    rounds.push(name);
  });
  assert(commits >= 5, String(commits));
  for (const user of some) {
    const titles = (await service.inbox(user)).map(({ title }) => title).reverse();
    const parts = user === "user-0" ? ["many", "one", "again"] : ["many", "again"];
    assert.deepEqual(titles, rounds.flatMap((name) => parts.map((part) => `${name} ${part}`)));
  }
});
