import assert from "node:assert/strict";
import { BAD_NOTIFICATIONS, CANARY, FINE } from "../drivers/bad_notifications.ts";
import { refuses } from "../drivers/refusal.ts";
import { Service } from "../drivers/service.ts";

/** Bodies that are no JSON in UTF-8. */
const UNREADABLE: Record<string, string | Uint8Array> = {
  empty: "",
  "cut off": `{"title":"${CANARY}`,
  "single quotes": `{'title':'${CANARY}'}`,
  "a trailing comma": `{"title":"${CANARY}",}`,
  "two values": `{"title":"${CANARY}"}{"title":"${CANARY}"}`,
  "a form": `title=${CANARY}`,
  "not UTF-8": Uint8Array.of(0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc3, 0x28, 0x22, 0x7d),
  "UTF-16": new Uint8Array(
    new Uint16Array([...JSON.stringify(FINE)].map((c) => c.charCodeAt(0))).buffer,
  ),
  "nested beyond the end": "[".repeat(60_000),
  "a NaN": `{"to":{"user":"ada"},"title":"${CANARY}","ttl":NaN}`,
  "a null byte": `{"to":{"user":"ada"},"title":"${CANARY}\u0000"}`,
};

Deno.test("whatever is wrong with a publish, it is told and nothing is published", async (t) => {
  await using service = await Service.start();

  await t.step("a field that is not as it should be is named, its value never", async () => {
    for (const [path, body] of BAD_NOTIFICATIONS) {
      const answer = await service.publish(JSON.stringify(body));
      const { errors = [] } = await refuses(answer, [400, "invalid_request"]);
      assert(errors.some((error) => error.path === path), `${path}: ${JSON.stringify(errors)}`);
    }
  });

  await t.step("a body that is no JSON is a 400", async () => {
    for (const body of Object.values(UNREADABLE)) {
      await refuses(await service.publish(body), [400, "invalid_request"]);
    }
  });

  await t.step("a type that is not JSON, and a compressed body, are a 415", async () => {
    for (const type of ["text/plain", "application/xml", `text/${CANARY}`, "multipart/form-data"]) {
      const answer = await service.publish(JSON.stringify(FINE), { "content-type": type });
      await refuses(answer, [415, "unsupported_media_type"]);
    }
    const answer = await service.publish(JSON.stringify(FINE), { "content-encoding": "gzip" });
    await refuses(answer, [415, "unsupported_media_type"]);
  });

  await t.step("an Idempotency-Key that is none is a 400", async () => {
    for (const key of ["", CANARY.repeat(26), `ä${CANARY}`]) {
      const answer = await service.publish(FINE, { "idempotency-key": key });
      const { errors } = await refuses(answer, [400, "invalid_request"]);
      assert.equal(errors?.[0]?.path, "Idempotency-Key");
    }
  });

  await t.step("keys named after what objects inherit are unknown fields", async () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const body = JSON.stringify(FINE).replace("{", `{"${name}":{"title":"${CANARY}"},`);
      await refuses(await service.publish(body), [400, "invalid_request"]);
      const to = `{"to":{"${name}":{"user":"ada"}},"title":"${CANARY}"}`;
      await refuses(await service.publish(to), [400, "invalid_request"]);
    }
  });

  assert.deepEqual(await service.inbox("ada"), []);
  assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
  assert(!service.output.text.includes(CANARY), "the log tells what was submitted");
  await service.published(FINE);
  assert.equal((await service.inbox("ada")).length, 1);
});

Deno.test("what is at its limit is accepted, and arrives as it was", async () => {
  await using service = await Service.start();
  const notification = {
    title: "🚀".repeat(200),
    body: "ä".repeat(4_000),
    url: `/${"u".repeat(3_999)}`,
    icon: "i".repeat(4_000),
    image: "m".repeat(4_000),
    category: "c".repeat(64),
    priority: "urgent",
    data: { pad: "d".repeat(16 * 1024 - 10) },
    actions: Array.from({ length: 3 }, () => ({
      id: "x".repeat(64),
      label: "y".repeat(64),
      url: `https://a.example/${"z".repeat(1_982)}`,
    })),
    collapseKey: "k".repeat(128),
  };
  const user = "A-Za-z0-9._:@-".padEnd(128, "x");
  await service.published({ to: { user }, ttl: 3_153_600_000, ...notification });
  const [item] = await service.inbox(user);
  for (const [name, value] of Object.entries(notification)) {
    assert.deepEqual(item?.[name], value, name);
  }
});

Deno.test("a key that is given twice counts as its last, as in every JSON parser", async () => {
  await using service = await Service.start();
  await service.published('{"to":{"user":"bob"},"title":"one","title":"two","to":{"user":"ada"}}');
  assert.deepEqual((await service.inbox("ada")).map(({ title }) => title), ["two"]);
  assert.deepEqual(await service.inbox("bob"), []);
});
