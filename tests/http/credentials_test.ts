import assert from "node:assert/strict";
import { readProblem } from "../drivers/problem.ts";
import { createTestApp } from "../drivers/test_app.ts";

const BODY = new TextEncoder().encode(
  JSON.stringify({ to: { user: "ada" }, title: "Build finished" }),
);

async function callers() {
  const { app, key, token, store } = await createTestApp();
  const post = (authorization?: string) =>
    app.request("/v1/notifications", {
      method: "POST",
      body: BODY,
      headers: authorization === undefined ? {} : { authorization },
    });
  const read = (authorization?: string) =>
    app.request("/v1/inbox", { headers: authorization === undefined ? {} : { authorization } });
  return { post, read, key, store, ada: await token("ada") };
}

Deno.test("calls without credentials, or with unknown ones, are told how to ask", async () => {
  const { post, read, key, store } = await callers();
  const bad = [undefined, "", "Bearer", "Bearer ", `Basic ${key}`, key, "Bearer x", "Bearer a.b.c"];
  for (const call of [post, read]) {
    for (const authorization of bad) {
      const response = await call(authorization);
      assert.equal(response.status, 401, authorization);
      assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer realm="bellwire"/);
      assert.equal((await readProblem(response)).code, "unauthorized");
    }
  }
  assert.equal(store.requests.length, 0);
});

Deno.test("the scheme's case and spaces around the credentials don't matter", async () => {
  const { post, read, key, ada } = await callers();
  assert.equal((await post(`bearer  ${key}`)).status, 201);
  assert.equal((await read(`BEARER ${ada}`)).status, 200);
});

Deno.test("a user may not publish, and a publisher has no inbox", async () => {
  const { post, read, key, ada, store } = await callers();
  for (const response of [await post(`Bearer ${ada}`), await read(`Bearer ${key}`)]) {
    assert.equal(response.status, 403);
    assert.equal((await readProblem(response)).code, "forbidden");
  }
  assert.equal(store.requests.length, 0);
});
