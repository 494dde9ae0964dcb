import assert from "node:assert/strict";
import { readProblem } from "../drivers/problem.ts";
import { createTestApp } from "../drivers/test_app.ts";

const NOW = Date.UTC(2026, 4, 1, 8);

async function create() {
  const revoked: unknown[] = [];
  const { app, key, token } = await createTestApp({
    now: () => NOW,
    revoke: {
      token: (jti) => Promise.resolve(void revoked.push(jti)),
      user: (user, issuedBefore) => Promise.resolve(void revoked.push([user, issuedBefore])),
    },
  });
  const post = async (body: unknown, bearer = key) =>
    await app.request("/v1/revocations", {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return { post, revoked, token };
}

Deno.test("a publisher revokes one token, or a user's tokens of before a time", async () => {
  const { post, revoked } = await create();
  const bodies = [
    { jti: "token-1" },
    { user: "ada", issuedBefore: "2026-05-01T08:00:00.500Z" },
    { user: "ada", issuedBefore: "2026-05-01T10:00:00+02:00" },
    { user: "ada", issuedBefore: NOW / 1000 },
    { user: "ada", issuedBefore: "2026-05-02T08:00:00Z" },
  ];
  for (const body of bodies) {
    const answer = await post(body);
    assert.equal(answer.status, 204);
    assert.equal(await answer.text(), "");
  }
  assert.deepEqual(revoked, [
    "token-1",
    ["ada", NOW + 500],
    ["ada", NOW],
    ["ada", NOW],
    ["ada", NOW + 86_400_000],
  ]);
});

Deno.test("what is not a revocation is refused, and nothing is revoked", async () => {
  const { post, revoked } = await create();
  const bodies: [unknown, string][] = [
    [{}, ""],
    [[], ""],
    [{ jti: "" }, "jti"],
    [{ jti: 7 }, "jti"],
    [{ jti: "x".repeat(1001) }, "jti"],
    [{ jti: "a", user: "ada", issuedBefore: "2026-05-01T08:00:00Z" }, ""],
    [{ user: "ada" }, ""],
    [{ issuedBefore: "2026-05-01T08:00:00Z" }, ""],
    [{ user: "a b", issuedBefore: "2026-05-01T08:00:00Z" }, "user"],
    [{ user: "ada", issuedBefore: "yesterday" }, "issuedBefore"],
    [{ user: "ada", issuedBefore: null }, "issuedBefore"],
    [{ user: "ada", issuedBefore: -1 }, "issuedBefore"],
    // Milliseconds where seconds are meant.
    [{ user: "ada", issuedBefore: NOW }, "issuedBefore"],
    [{ user: "ada", issuedBefore: "2026-05-02T08:00:01Z" }, "issuedBefore"],
    [{ jti: "a", reason: "stolen" }, "reason"],
  ];
  for (const [body, path] of bodies) {
    const answer = await post(body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    const { code, errors = [] } = await readProblem(answer);
    assert.equal(code, "invalid_request");
    assert.deepEqual(errors.map((error) => error.path), [path], JSON.stringify(body));
  }
  assert.deepEqual(revoked, []);
});

Deno.test("no user revokes anything", async () => {
  const { post, revoked, token } = await create();
  const answer = await post({ jti: "a" }, await token("ada"));
  assert.equal(answer.status, 403);
  assert.equal((await readProblem(answer)).code, "forbidden");
  assert.equal((await post({ jti: "a" }, "another key")).status, 401);
  assert.deepEqual(revoked, []);
});
