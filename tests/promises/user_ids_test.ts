import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { isUserId } from "../../src/domain/stream_name.ts";
import { Device } from "../drivers/device.ts";
import { readProblem } from "../drivers/problem.ts";
import { Service } from "../drivers/service.ts";

/** As applications and identity providers issue them. */
const IDS = [
  "auth0|507f1f77bcf86cd799439011",
  "google-oauth2|108204268033311374519",
  "ada+work@example.com",
  "uid=ada,ou=people/dc=example",
  "DOMAIN\\ada",
  "a\"b'c<d>{e}`f~g",
  "100%25/../?x=1#y&z;,",
  "user:zed",
  "zoë-山田-🚀",
  "x".repeat(255),
  "🚀".repeat(255),
];

async function publisher(service: Service, method: string, path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${service.key}` };
  return await service.fetch(path, { method, headers });
}

/** The keys of all rows that have a user's id in their key or value, as it is or as in JSON. */
async function rowsThatName(service: Service, user: string): Promise<string[]> {
  const found: string[] = [];
  const inJson = JSON.stringify(user).slice(1, -1);
  using kv = await Deno.openKv(join(service.folder, "bellwire.db"));
  for await (const { key, value } of kv.list({ prefix: [] })) {
    const shown = value instanceof Uint8Array ? new TextDecoder().decode(value) : "";
    if (key.some((part) => String(part).includes(user)) || shown.includes(inJson)) {
      found.push(key.join(" "));
    }
  }
  return found;
}

Deno.test("a user of any id can do all that a user does, and be erased", async () => {
  await using service = await Service.start();
  for (const user of IDS) {
    const path = `/v1/users/${encodeURIComponent(user)}`;
    const wishes = { claims: { topics: ["chat"], publish: ["topic:chat"] } };
    await using device = await Device.connect(service, user, { wishes });
    const { deliveries } = await service.published({ to: { user }, title: "Hello" });
    assert.deepEqual(deliveries, [{ stream: `user:${user}`, seq: 1 }]);
    await service.published(
      { to: { users: [user, "ada"] }, title: "Hello", collapseKey: "🚀 astral" },
      { "idempotency-key": "k" + IDS.indexOf(user) },
    );
    await device.reaches(2);
    assert.deepEqual(await service.presence(encodeURIComponent(user)), {
      online: true,
      instances: 1,
    });
    const joined = await publisher(service, "PUT", `${path}/topics/chat`);
    assert.equal(joined.status, 204, await joined.text());
    await device.ask({ type: "publish", topic: "chat", title: "x", idempotencyKey: "🚀" });
    await device.until(() => device.of("chat").length === 1, "its own message");
    assert.equal(device.of("chat")[0]?.["from"], user);
    await device.ask({ type: "mark", op: "read", upTo: 1 });
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    const later = await service.publish({ to: { users: ["ada", user] }, title: "x", sendAt });
    assert.equal(later.status, 202, await later.text());
    assert.notDeepEqual(await rowsThatName(service, `user:${user}`), []);

    const erased = await publisher(service, "DELETE", path);
    assert.equal(erased.status, 204, await erased.text());
    assert.equal((await device.closedByServer()).code, 4503);
    assert.deepEqual(await rowsThatName(service, user), []);
  }
});

Deno.test("what is scheduled for a thousand users with long ids is sent to them", async () => {
  await using service = await Service.start();
  const ids = Array.from({ length: 1_000 }, (_, i) => `${i}`.padEnd(240, "|"));
  const sendAt = new Date(Date.now() + 1_000).toISOString();
  const answer = await service.publish({ to: { users: ids }, title: "Later", sendAt });
  assert.equal(answer.status, 202, await answer.text());
  await using device = await Device.connect(service, ids[999] as string);
  await device.reaches(1);
});

Deno.test("what is no id is refused in an address, and nothing is taken for another", async () => {
  await using service = await Service.start();
  for (const segment of ["%20", "a%20b", "%ff", "%C3", "a%0Ab", "%E2%80%8B", "%ED%A0%80", "%"]) {
    for (const [method, rest] of [["GET", "/presence"], ["DELETE", ""], ["PUT", "/topics/x"]]) {
      const answer = await publisher(service, method as string, `/v1/users/${segment}${rest}`);
      assert.equal(answer.status, 400, segment);
      assert.deepEqual((await readProblem(answer)).errors?.map(({ path }) => path), ["user"]);
    }
  }
  // Decoded once, and once only.
  const twice = "a%2Fb";
  await service.published({ to: { user: twice }, title: "x" });
  await using device = await Device.connect(service, twice);
  assert.equal((await service.presence(encodeURIComponent(twice))).online, true);
  assert.equal((await service.presence("a%2Fb")).online, false);
  await device.close();
});

Deno.test("an id is any visible text, and never one that looks like another by what can't be seen", () => {
  for (const id of IDS) assert(isUserId(id), id);
  const bad = [
    "",
    " ",
    "a b",
    "a\t",
    "a\n",
    "\0",
    "\u0085",
    "\u00a0",
    "\u200b",
    "\u202e",
    "\ufeff",
  ];
  for (const id of [...bad, "\ud800", "x\udfff", ".", "..", "x".repeat(256), 7, null, {}]) {
    assert(!isUserId(id), JSON.stringify(id));
  }
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (id) => {
    const visible = [...id].every((letter) => !/[\p{Cc}\p{Cf}\p{Cs}\p{Z}]/u.test(letter));
    const isOne = visible && id !== "" && [...id].length <= 255 && ![".", ".."].includes(id);
    assert.equal(isUserId(id), isOne);
  }));
});
