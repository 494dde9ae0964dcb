import assert from "node:assert/strict";
import { createTestApp } from "./support/test_app.ts";

const APP = "https://app.example";

async function ask(
  allowedOrigins: "same-origin" | "*" | string[],
  { origin, method = "GET" }: { origin?: string; method?: string },
) {
  const { app, token } = await createTestApp({ allowedOrigins });
  const headers = new Headers({ authorization: `Bearer ${await token("ada")}` });
  headers.set("host", "bell.example");
  if (origin !== undefined) headers.set("origin", origin);
  return await app.request("https://bell.example/v1/inbox", { method, headers });
}

Deno.test("a page of an allowed origin may read the answers", async () => {
  const response = await ask([APP], { origin: APP });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("access-control-allow-origin"), APP);
  assert.equal(response.headers.get("vary"), "Origin");
  assert.match(response.headers.get("access-control-expose-headers") ?? "", /x-request-id/);
});

Deno.test("the browser's question beforehand is answered for an allowed origin", async () => {
  const response = await ask([APP], { origin: APP, method: "OPTIONS" });
  assert.equal(response.status, 204);
  assert.equal(response.headers.get("access-control-allow-origin"), APP);
  assert.match(response.headers.get("access-control-allow-headers") ?? "", /authorization/);
  assert.match(response.headers.get("access-control-allow-methods") ?? "", /GET/);
});

Deno.test("a page of another origin can't read the answers", async () => {
  for (const method of ["GET", "OPTIONS"]) {
    const response = await ask([APP], { origin: "https://evil.example", method });
    assert.equal(response.headers.get("access-control-allow-origin"), null);
  }
  const byDefault = await ask("same-origin", { origin: APP });
  assert.equal(byDefault.headers.get("access-control-allow-origin"), null);
});

Deno.test("with * every page may, and who sends no origin is not bothered", async () => {
  const any = await ask("*", { origin: "https://any.example" });
  assert.equal(any.headers.get("access-control-allow-origin"), "https://any.example");
  const none = await ask("*", {});
  assert.equal(none.headers.get("access-control-allow-origin"), null);
  assert.equal(none.status, 200);
});
