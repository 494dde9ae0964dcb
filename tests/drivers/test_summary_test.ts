import assert from "node:assert/strict";
import { summarize } from "./test_summary.ts";

Deno.test("a run is counted as Deno counts it, colours or not", () => {
  const output = `running 3 tests from ./a_test.ts
it works ... ok ... ok (1ms)
one that needs a browser ... ignored (0ms)
steps ...
  two ... ignored (0ms)
steps ... ok (1ms)

ok | 2 passed (1 step) | 0 failed | 1 ignored (1 step) (98ms)
`;
  const expected = { passed: 2, failed: 0, skipped: ["one that needs a browser", "two"] };
  assert.deepEqual(summarize(output, { success: true }), expected);
  const coloured = output.replace("ok |", "\x1b[32mok\x1b[0m |")
    .replace("... ignored", "... \x1b[33mignored\x1b[0m");
  assert.deepEqual(summarize(coloured, { success: true }), expected);
});

Deno.test("failed tests are counted, those of parallel runs too", () => {
  const output = `./a_test.ts => it breaks ... FAILED (2ms)
./a_test.ts => not here ... ignored (0ms)
Uncaught error from ./c_test.ts FAILED

FAILED | 3 passed (1 step) | 2 failed | 1 ignored (220ms)
`;
  assert.deepEqual(summarize(output, { success: false }), {
    passed: 3,
    failed: 2,
    skipped: ["./a_test.ts => not here"],
  });
});

Deno.test("a run without a summary has failed, and so has one that says so only by its code", () => {
  const crashed = summarize("error: Type checking failed.\n", { success: false });
  assert.deepEqual(crashed, { passed: 0, failed: 1, skipped: [] });
  assert.equal(summarize("", { success: true }).failed, 1);
  assert.equal(summarize("ok | 2 passed | 0 failed (1ms)\n", { success: false }).failed, 1);
});
