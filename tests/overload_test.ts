import assert from "node:assert/strict";
import { refuses } from "./support/refusal.ts";
import { Service } from "./support/service.ts";

const USERS = Array.from({ length: 1_000 }, (_, i) => `user-${i}`);
const CALLS = 60;

Deno.test("a publish that is refused for overload has published nothing, to nobody", async () => {
  await using service = await Service.start();
  const outcomes = await Promise.all(Array.from({ length: CALLS }, async (_, i) => {
    const title = `Call ${i}`;
    const answer = await service.publish({ to: { users: USERS }, title });
    if (answer.status === 201) {
      await answer.body?.cancel();
      return { title, published: true };
    }
    assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    await refuses(answer, [503, "overloaded"]);
    return { title, published: false };
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
