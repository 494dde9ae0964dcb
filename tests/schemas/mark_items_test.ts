import assert from "node:assert/strict";
import fc from "fast-check";
import { clientMessage } from "../../src/gateway/protocol/client_message.ts";
import { validateMessage } from "../../src/gateway/protocol/validate_message.ts";
import { describeIssues } from "../../src/schemas/issues.ts";
import { markSchema } from "../../src/schemas/mark.ts";
import { parseWithItems } from "../../src/schemas/mark_items.ts";

const item = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 1_000 }) },
  fc.constantFrom(0, -1, 1.5, NaN, "1", null, {}, [1], true),
);
const items = fc.oneof(
  { weight: 10, arbitrary: fc.array(item, { maxLength: 20 }) },
  fc.constantFrom(null, 1, "1", {}, undefined),
);
const mark = fc.record({
  type: fc.constantFrom("mark", "hello", "publish", "pong"),
  op: fc.constantFrom("read", "seen", "delete", "nothing"),
  items,
  upTo: fc.integer({ min: -1, max: 9 }),
  other: fc.constant(1),
}, { requiredKeys: ["op"] });

Deno.test("a value with items is taken exactly where the schema takes it, and of a bad list one fault is told", () => {
  fc.assert(
    fc.property(mark, (value) => {
      for (const schema of [markSchema, clientMessage]) {
        const plain = schema.safeParse(value);
        const parsed = parseWithItems<unknown>(value, (value) => schema.safeParse(value));
        assert.equal(parsed.success, plain.success);
        if (plain.success) {
          assert.deepEqual((parsed as { data: unknown }).data, plain.data);
          continue;
        }
        if (parsed.success) return;
        const told = describeIssues(plain.error.issues, value);
        for (const issue of describeIssues(parsed.error.issues, value)) {
          const known = told.map(({ path }) => path);
          // A rule for the whole value may be told that the schema did not come to.
          const isKnown = issue.path === "" || known.includes(issue.path);
          assert(told.length === 20 || isKnown, JSON.stringify({ issue, told }));
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("ten thousand items are taken, one more is not, and neither takes long to find out", () => {
  const list = Array.from({ length: 10_000 }, (_, i) => i + 1);
  assert.equal(validateMessage({ type: "mark", op: "read", items: list }).rejected, undefined);
  const { rejected } = validateMessage({ type: "mark", op: "read", items: [...list, 1], ref: 7 });
  assert.equal(rejected?.ref, 7);
  assert.match(rejected?.message ?? "", /items/);
  const issues = markSchema.safeParse({ op: "read", items: [...list, 1] });
  const parsed = parseWithItems(
    { op: "read", items: [...list, 1] },
    (value) => markSchema.safeParse(value),
  );
  assert(!issues.success && !parsed.success);
  assert.deepEqual(
    describeIssues(parsed.error.issues, {}),
    describeIssues(issues.error.issues, {}),
  );
});
