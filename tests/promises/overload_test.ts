import assert from "node:assert/strict";
import { publishOrRefusal } from "../drivers/publish_or_refusal.ts";
import { Service } from "../drivers/service.ts";

const USERS = Array.from({ length: 1_000 }, (_, i) => `user-${i}`);
const CALLS = 60;

Deno.test("a publish that is refused for overload has published nothing, to nobody", async () => {
  await using service = await Service.start();
  const outcomes = await Promise.all(Array.from({ length: CALLS }, async (_, i) => {
    const title = `Call ${i}`;
    return { title, published: await publishOrRefusal(service, { to: { users: USERS }, title }) };
  }));
  const refused = outcomes.filter(({ published }) => !published);
  assert(refused.length > 0, "it took everything");

  const expected = outcomes.filter(({ published }) => published).map(({ title }) => title).sort();
  for (const user of ["user-0", "user-500", "user-999"]) {
    const titles = (await service.inbox(user)).map(({ title }) => title).sort();
    assert.deepEqual(titles, expected, user);
  }
  // It works again once there is room.
  await service.published({ to: { users: USERS }, title: "After" });
});
