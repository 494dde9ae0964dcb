import assert from "node:assert/strict";
import { refuses } from "../drivers/refusal.ts";
import { type Published, Service } from "../drivers/service.ts";

const KEY = "idempotency-key";

async function accepted(answer: Response): Promise<Published & { replayed: boolean }> {
  const text = await answer.text();
  assert.equal(answer.status, 201, text);
  const replayed = answer.headers.get("idempotent-replayed");
  assert(replayed === null || replayed === "true");
  return { ...JSON.parse(text), replayed: replayed !== null };
}

const KEYS = ["the-key-of-publisher-a", "the-key-of-publisher-b"] as const;

Deno.test("a repeat with the same key gets the first answer and publishes nothing", async () => {
  await using service = await Service.start();
  const body = { to: { users: ["ada", "bob"] }, title: "Once" };
  const first = await accepted(await service.publish(body, { [KEY]: "k1" }));
  assert.equal(first.replayed, false);
  for (let i = 0; i < 3; i++) {
    const repeat = await accepted(await service.publish(body, { [KEY]: "k1" }));
    assert.deepEqual(repeat, { ...first, replayed: true });
  }
  await service.kill();
  await service.restart();
  const later = await accepted(await service.publish(body, { [KEY]: "k1" }));
  assert.deepEqual(later, { ...first, replayed: true });
  for (const user of ["ada", "bob"]) assert.equal((await service.inbox(user)).length, 1);

  const other = await accepted(await service.publish(body, { [KEY]: "k2" }));
  assert.equal(other.replayed, false);
  assert.notEqual(other.id, first.id);
  const none = await accepted(await service.publish(body));
  assert.equal(none.replayed, false);
  assert.equal((await service.inbox("ada")).length, 3);
});

Deno.test("another body under the same key is a conflict, and publishes nothing", async () => {
  await using service = await Service.start();
  const body = { to: { user: "ada" }, title: "Once" };
  await accepted(await service.publish(body, { [KEY]: "k" }));
  const others = [{ ...body, title: "Twice" }, { ...body, to: { user: "bob" } }];
  for (const other of others) {
    await refuses(await service.publish(other, { [KEY]: "k" }), [422, "idempotency_conflict"]);
  }
  assert.equal((await service.inbox("ada")).length, 1);
  assert.deepEqual(await service.inbox("bob"), []);
});

Deno.test("a key is its publisher's own", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_API_KEYS: `a:${KEYS[0]},b:${KEYS[1]}` },
  });
  const body = { to: { user: "ada" }, title: "Once" };
  for (const key of KEYS) {
    const headers = { [KEY]: "k", authorization: `Bearer ${key}` };
    assert.equal((await accepted(await service.publish(body, headers))).replayed, false);
  }
  assert.equal((await service.inbox("ada")).length, 2);
});

Deno.test("a refused publish does not use up its key", async () => {
  await using service = await Service.start();
  await refuses(await service.publish({ title: "x" }, { [KEY]: "k" }), [400, "invalid_request"]);
  const fine = { to: { user: "ada" }, title: "Once" };
  assert.equal((await accepted(await service.publish(fine, { [KEY]: "k" }))).replayed, false);
});

Deno.test("twins at the same moment: one publishes, the others wait or get its answer", async () => {
  await using service = await Service.start();
  for (let round = 0; round < 20; round++) {
    const users = Array.from({ length: round % 2 === 0 ? 1 : 30 }, (_, i) => `${round}-${i}`);
    const body = { to: { users }, title: "Once" };
    const headers = { [KEY]: `round-${round}` };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => service.publish(body, headers)),
    );
    const first: Published[] = [];
    const ids = new Set<string>();
    for (const answer of answers) {
      if (answer.status === 409) {
        assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
        await refuses(answer, [409, "idempotency_in_progress"]);
        continue;
      }
      const published = await accepted(answer);
      ids.add(published.id);
      if (!published.replayed) first.push(published);
    }
    assert.equal(first.length, 1);
    assert.equal(ids.size, 1);
    const repeat = await accepted(await service.publish(body, headers));
    assert.deepEqual(repeat.deliveries, first[0]?.deliveries);
    for (const user of [users[0], users.at(-1)]) {
      assert.equal((await service.inbox(user ?? "")).length, 1);
    }
  }
});
