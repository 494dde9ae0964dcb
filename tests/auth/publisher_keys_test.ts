import assert from "node:assert/strict";
import { createPublisherKeys } from "../../src/auth/publisher_keys.ts";

const keys = createPublisherKeys([
  { name: "ci", secret: "old" },
  { name: "shop", secret: "s3cret" },
  { name: "ci", secret: "new" },
]);

Deno.test("a publisher is known by its secret, and by each of them while they change", () => {
  assert.equal(keys.identify("old"), "ci");
  assert.equal(keys.identify("new"), "ci");
  assert.equal(keys.identify("s3cret"), "shop");
});

Deno.test("nothing but the whole secret will do", () => {
  for (const wrong of ["", "s3cre", "s3crets", "S3CRET", "shop", "shop:s3cret", "old,new"]) {
    assert.equal(keys.identify(wrong), undefined, wrong);
  }
  assert.equal(createPublisherKeys([]).identify(""), undefined);
});
