import assert from "node:assert/strict";
import { encodeItem } from "../../src/encoding/encode_item.ts";
import { parseNotification, refuseUntimely } from "../../src/schemas/parse_notification.ts";
import { asSent } from "../drivers/as_sent.ts";
import { hasCode } from "../../src/errors.ts";

const NOW = Date.parse("2030-01-02T03:04:05.678Z");
const ID = "0199f2a0-0000-7000-8000-000000000000";
const MINIMAL = { to: { user: "ada" }, title: "Build finished" };

function accepts(fields: Record<string, unknown>) {
  return parseNotification(asSent({ ...MINIMAL, ...fields }), NOW);
}

/** The paths that are complained about. */
function refused(value: unknown): string[] {
  try {
    parseNotification(asSent(value), NOW);
    return [];
  } catch (error) {
    assert(hasCode(error, "invalid_request"));
    return error.issues.map(({ path }) => path);
  }
}

/** Each value is refused, for this one field. */
function refuses(field: string, values: unknown[], path = field): void {
  for (const value of values) {
    assert.deepEqual(refused({ ...MINIMAL, [field]: value }), [path], JSON.stringify(value));
  }
}

Deno.test("a notification needs no more than a recipient and a title", () => {
  const { notification, streams, expiresAt } = parseNotification(MINIMAL, NOW);
  assert.deepEqual(streams, ["user:ada"]);
  assert.equal(expiresAt, undefined);
  assert.equal(notification.category, "general");
  assert.equal(notification.priority, "normal");
});

Deno.test("all fields arrive at the device as they were published", () => {
  const fields = {
    title: "Ünïcödé 🚀",
    body: "line\nline",
    url: "/builds/41?a=b#c",
    icon: "/icon.png",
    image: "https://img.example/a.png",
    category: "ci.build-1_a",
    priority: "urgent",
    data: { nested: [1, null, { "__proto__x": true }], text: "\u2028" },
    actions: [{ id: "open", label: "Open", url: "https://ci.example/41" }, { id: "b", label: "B" }],
    collapseKey: "build 41",
  };
  const item = encodeItem(accepts(fields), { id: ID, publishedAt: NOW, from: "bob" });
  assert.deepEqual(JSON.parse(item.json), {
    id: ID,
    ...fields,
    from: "bob",
    publishedAt: "2030-01-02T03:04:05.678Z",
  });
  assert.equal(new TextDecoder().decode(item.bytes), item.json);
  // What users publish collapses among what the same user has published.
  const byOther = encodeItem(accepts(fields), { id: ID, publishedAt: NOW, from: "eve" });
  assert.notEqual(item.collapseKey, byOther.collapseKey);
  const byPublisher = encodeItem(accepts(fields), { id: ID, publishedAt: NOW });
  assert.equal(byPublisher.collapseKey, "build 41");
  assert.equal(item.expiresAt, undefined);
});

Deno.test("recipients don't get to see who else got it", () => {
  const item = encodeItem(accepts({ to: { users: ["ada", "bob"] } }), { id: ID, publishedAt: NOW });
  assert.doesNotMatch(item.json, /ada|bob|"to"/);
});

Deno.test("to names exactly one kind of recipient", () => {
  refuses("to", [{}, { user: "ada", users: ["bob"] }, { user: "ada", topic: "news" }]);
  refuses("to", [undefined, null, "ada", ["ada"], 7]);
  refuses("to", [{ user: "" }, { user: "a b" }, { user: "x".repeat(256) }, { user: 7 }], "to.user");
  refuses("to", [{ users: [] }, { users: "ada" }, { users: {} }], "to.users");
  refuses("to", [{ users: ["ada", "\u00a0"] }], "to.users.1");
  refuses("to", [{ users: Array.from({ length: 1001 }, (_, i) => `u${i}`) }], "to.users");
  refuses("to", [{ everyone: false }], "to.everyone");
  const everyone = Array.from({ length: 1000 }, (_, i) => `u${i}`);
  const streams = everyone.map((user) => `user:${user}`);
  assert.deepEqual(accepts({ to: { users: everyone } }).streams, streams);
  assert.deepEqual(accepts({ to: { user: "A-z0.9_:@" } }).streams, ["user:A-z0.9_:@"]);
  assert.deepEqual(accepts({ to: { topic: "A-z0.9_:@" } }).streams, ["topic:A-z0.9_:@"]);
  assert.deepEqual(accepts({ to: { everyone: true } }).streams, ["topic:everyone"]);
});

Deno.test("sendAt is a time that is still to come, within a year, and before expiresAt", () => {
  const soon = "2030-01-02T03:04:05.679Z";
  assert.equal(accepts({ sendAt: soon }).sendAt, NOW + 1);
  assert.equal(accepts({ sendAt: "2031-01-02T03:04:05Z" }).sendAt, Date.UTC(2031, 0, 2, 3, 4, 5));
  refuses("sendAt", [
    "tomorrow",
    "",
    1_900_000_000,
    "2030-01-02T03:04:05.678Z",
    "2029-12-31T23:59:59Z",
    "2031-01-04T00:00:00Z",
  ]);
  accepts({ sendAt: soon, ttl: 1 });
  accepts({ sendAt: soon, expiresAt: "2030-01-02T03:04:05.680Z" });
  assert.deepEqual(refused({ ...MINIMAL, sendAt: soon, expiresAt: soon }), ["expiresAt"]);
});

Deno.test("a repeat is held to the times of the call that it repeats", () => {
  const parsed = parseNotification({ ...MINIMAL, sendAt: "2020-01-01T00:00:00Z" });
  refuseUntimely(parsed, Date.UTC(2019, 11, 31));
  assert.throws(() => refuseUntimely(parsed, NOW), { code: "invalid_request" });
});

Deno.test("lengths are counted in characters as people see them, not in UTF-16 units", () => {
  accepts({ title: "🚀".repeat(200), body: "🚀".repeat(4000), collapseKey: "🚀".repeat(128) });
  refuses("title", ["", "x".repeat(201), "🚀".repeat(201), "\ud83d", 7, null, undefined]);
  for (const field of ["body", "url", "icon", "image"]) {
    accepts({ [field]: "/" + "x".repeat(3999) });
    refuses(field, ["/" + "x".repeat(4000), 7, null]);
  }
  refuses("collapseKey", ["", "x".repeat(129)]);
});

Deno.test("a title and a label have something that can be seen", () => {
  const blank = [
    "   ",
    "\u200b",
    " \ufeff\u00a0",
    "\u3164",
    "\u2800",
    "\n\t",
    "\u202e\u2066",
    "\u00ad",
  ];
  refuses("title", blank);
  for (const label of blank) {
    const value = { ...MINIMAL, actions: [{ id: "a", label }] };
    assert.deepEqual(refused(value), ["actions.0.label"]);
  }
  for (const title of [".", " a ", "\u200bא", "🚀", "👩‍🚀", "한"]) accepts({ title });
});

Deno.test("a text that was cut inside a character is told so", () => {
  assert.throws(
    () => accepts({ title: "Done \ud83d" }),
    (error) =>
      hasCode(error, "invalid_request") &&
      /must not end inside/.test(error.issues[0]?.message ?? ""),
  );
});

Deno.test("url leads to the web or to a path, and never runs in the reader's page", () => {
  const good = ["/", "/a b".replace(" ", "%20"), "http://a.example", "HTTPS://a.example/x?y#z"];
  for (const url of good) accepts({ url, actions: [{ id: "a", label: "b", url }] });
  const bad = [
    "",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://a.example",
    "mailto:a@b.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "\\\\evil.example",
    "path",
    "?query",
    "http://",
    "https://a b.example",
    "https:evil.example",
  ];
  refuses("url", bad);
  for (const url of bad) {
    refuses("actions", [[{ id: "a", label: "b", url }]], "actions.0.url");
  }
});

Deno.test("category and priority are of the words that there are", () => {
  accepts({ category: "a".repeat(64) });
  refuses("category", ["", "CI", "a b", "a/b", "é", "a".repeat(65), 7]);
  for (const priority of ["low", "normal", "high", "urgent"]) accepts({ priority });
  refuses("priority", ["", "High", "now", 7, null]);
});

Deno.test("data is any JSON up to 16 KiB, counted in bytes", () => {
  for (const data of [null, 0, false, "", [], {}, { a: { b: [1] } }]) {
    const item = encodeItem(accepts({ data }), { id: ID, publishedAt: NOW });
    assert.deepEqual(JSON.parse(item.json).data, data);
  }
  accepts({ data: "x".repeat(16 * 1024 - 2) });
  accepts({ data: "é".repeat(8 * 1024 - 1) });
  refuses("data", ["x".repeat(16 * 1024 - 1), "é".repeat(8 * 1024)]);
});

Deno.test("data that is nested without end is refused instead of overflowing a stack", () => {
  const nested = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth));
  accepts({ data: nested(64) });
  refuses("data", [nested(65)]);
  // 100,000 deep can't even be printed, so `refuses` can't show it.
  assert.deepEqual(refused({ ...MINIMAL, data: nested(100_000) }), ["data"]);
});

Deno.test("there are at most three actions, each with an id and a label", () => {
  const action = { id: "x".repeat(64), label: "y".repeat(64) };
  accepts({ actions: [] });
  accepts({ actions: [action, action, { ...action, url: "/" + "x".repeat(1999) }] });
  refuses("actions", [[action, action, action, action], {}, "open"]);
  refuses("actions", [[{ label: "y" }], [{ id: "", label: "y" }]], "actions.0.id");
  refuses("actions", [[action, { id: "x", label: "y".repeat(65) }]], "actions.1.label");
  refuses("actions", [[{ ...action, url: "/" + "x".repeat(2000) }]], "actions.0.url");
  refuses("actions", [[{ ...action, icon: "x" }]], "actions.0.icon");
});

Deno.test("ttl counts from the publish, expiresAt is a time that is still to come", () => {
  const item = encodeItem(accepts({ ttl: 90 }), { id: ID, publishedAt: NOW });
  assert.equal(item.expiresAt, NOW + 90_000);
  assert.equal(JSON.parse(item.json).expiresAt, "2030-01-02T03:05:35.678Z");
  assert.equal(JSON.parse(item.json).ttl, undefined);
  refuses("ttl", [0, -1, 1.5, "60", null, 1e300, 9e15]);

  const expiresAt = "2030-01-02T04:04:05.679+01:00";
  assert.equal(accepts({ expiresAt }).expiresAt, NOW + 1);
  refuses("expiresAt", [
    "2030-01-02T03:04:05.678Z",
    "2029-01-01T00:00:00Z",
    "2031-02-29T00:00:00Z",
    "2031-13-01T00:00:00Z",
    "2031-01-01T24:00:00Z",
    "2031-01-01T00:00:00",
    "2031-01-01",
    "2031-01-01 00:00:00Z",
    "tomorrow",
    "",
    "2".repeat(1000),
    1_900_000_000,
    null,
  ]);
  assert.deepEqual(refused({ ...MINIMAL, ttl: 60, expiresAt }), ["expiresAt"]);
});

Deno.test("an unknown field is an error, at every level", () => {
  refuses("titel", ["x"]);
  refuses("to", [{ user: "ada", device: "x" }], "to.device");
  assert.deepEqual(refused(JSON.parse(`{"to":{"user":"ada"},"title":"x","__proto__":{}}`)), [""]);
  assert.deepEqual(refused({ ...MINIMAL, constructor: 1 }), ["constructor"]);
});

Deno.test("what is no object is refused as a whole", () => {
  for (const value of [null, undefined, [], "x", 7, true]) assert.deepEqual(refused(value), [""]);
});

Deno.test("all that is wrong is told at once, but no endless list", () => {
  assert.deepEqual(refused({ title: "", priority: "now", extra: 1 }).sort(), [
    "extra",
    "priority",
    "title",
    "to",
  ]);
  const users = Array.from({ length: 1000 }, () => "");
  const unknown = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field${i}`, 1]));
  assert.equal(refused({ ...MINIMAL, ...unknown, to: { users } }).length, 20);
});

Deno.test("what takes more than 48 KiB as stored is too large", () => {
  const huge = accepts({
    body: "€".repeat(4000),
    url: "/" + "€".repeat(3999),
    icon: "€".repeat(4000),
    data: "x".repeat(12 * 1024),
  });
  const item = encodeItem(huge, { id: ID, publishedAt: NOW });
  const room = 48 * 1024 - item.bytes.byteLength;
  assert(room > 20);
  const image = (bytes: number) => ({
    ...huge,
    notification: { ...huge.notification, image: "x".repeat(bytes - `,"image":""`.length) },
  });
  const full = encodeItem(image(room), { id: ID, publishedAt: NOW });
  assert.equal(full.bytes.byteLength, 48 * 1024);
  assert.throws(() => encodeItem(image(room + 1), { id: ID, publishedAt: NOW }), {
    code: "payload_too_large",
  });
});
