import assert from "node:assert/strict";
import { bearerOf } from "../../src/auth/bearer.ts";

Deno.test("credentials are found whatever the scheme's case and the spaces around them", () => {
  for (const header of ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c", "Bearer a.b.c  "]) {
    assert.equal(bearerOf(header), "a.b.c", header);
  }
});

Deno.test("what is not one word after the scheme holds no credentials", () => {
  for (
    const header of [
      null,
      "",
      "Bearer",
      "Bearer ",
      "Basic YTpi",
      "a.b.c",
      "Bearer a b",
      "XBearer a",
    ]
  ) {
    assert.equal(bearerOf(header), undefined, String(header));
  }
});
