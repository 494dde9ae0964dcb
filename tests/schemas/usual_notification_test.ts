import assert from "node:assert/strict";
import fc from "fast-check";
import { notificationSchema } from "../../src/schemas/notification.ts";
import { usualNotification } from "../../src/schemas/usual_notification.ts";
import { asSent } from "../drivers/as_sent.ts";
import { BAD_NOTIFICATIONS, FINE } from "../drivers/bad_notifications.ts";

/** Texts around every limit, of characters of every width, and half ones. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.tuple(
    fc.constantFrom("x", "é", "🚀", "\ud800", "\u0000"),
    fc.constantFrom(0, 1, 63, 64, 65, 128, 129, 199, 200, 201, 4_000, 4_001),
  ).map(([unit, count]) => unit.repeat(count)),
);
const link = fc.oneof(
  fc.constantFrom(
    "/builds/41",
    "//evil.example",
    "/\\evil",
    "https://a.example/?b#c",
    "http:",
    "x:",
  ),
  fc.webUrl(),
  fc.string({ maxLength: 8 }).map((end) => `/${end}`),
  text,
);
const id = fc.oneof(
  fc.constantFrom("ada", "A-z0.9_:@", "ada\n", "", "a/b", "..", "a".repeat(255), "a".repeat(256)),
  text,
);
const anything = fc.oneof(text, fc.jsonValue(), fc.constant(undefined));
const to = fc.oneof(
  { weight: 4, arbitrary: fc.record({ user: id }) },
  fc.record(
    { user: id, users: fc.array(id, { maxLength: 2 }), topic: id, everyone: fc.boolean(), x: text },
    { requiredKeys: [] },
  ),
  anything,
);

/** Mostly right in each field, so that whole notifications are right often enough. */
const fields = {
  to: fc.oneof({ weight: 3, arbitrary: fc.constant({ user: "ada" }) }, to),
  title: fc.oneof({ weight: 3, arbitrary: fc.constant("Build finished") }, text, anything),
  body: fc.oneof(text, anything),
  url: fc.oneof(link, anything),
  category: fc.oneof(fc.constantFrom("ci.builds", "CI", "a".repeat(65)), text, anything),
  priority: fc.oneof(fc.constantFrom("low", "normal", "high", "urgent", "now"), anything),
  data: fc.oneof(fc.jsonValue(), fc.constantFrom("x".repeat(16_382), "x".repeat(16_383))),
  icon: text,
  ttl: fc.integer(),
  expiresAt: text,
  ["__proto__"]: fc.jsonValue(),
  constructor: fc.jsonValue(),
};
const notifications = fc.oneof(
  { weight: 9, arbitrary: fc.record(fields, { requiredKeys: ["to", "title"] }) },
  fc.record(
    { to: fields.to, title: fields.title, body: fields.body, url: fields.url, data: fields.data },
    { requiredKeys: [] },
  ),
  anything,
);

Deno.test("what is taken without the schema is what the schema would have made of it", () => {
  let taken = 0;
  fc.assert(
    fc.property(notifications, (sent) => {
      const value = asSent(sent);
      const usual = usualNotification(value);
      if (usual === undefined) return;
      taken++;
      assert.deepEqual(plain(usual), plain(notificationSchema.parse(value)));
    }),
    { numRuns: 20_000 },
  );
  assert(taken > 100, `only ${taken} were taken`);
});

Deno.test("nothing that the schema refuses is taken without it", () => {
  for (const [, value] of BAD_NOTIFICATIONS) {
    assert.equal(usualNotification(asSent(value)), undefined);
  }
});

Deno.test("a notification to one user with the usual fields needs no schema", () => {
  for (
    const sent of [
      FINE,
      { ...FINE, body: "", url: "/builds/41", category: "ci", priority: "high", data: { n: [1] } },
    ]
  ) {
    const value = asSent(sent);
    assert.deepEqual(usualNotification(value), notificationSchema.parse(value));
  }
});

Deno.test("others are left to the schema", () => {
  for (const field of [{ to: { topic: "news" } }, { icon: "/i.png" }, { ttl: 60 }]) {
    const value = { ...FINE, ...field };
    assert.equal(usualNotification(value), undefined);
    assert(notificationSchema.safeParse(value).success);
  }
});

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
