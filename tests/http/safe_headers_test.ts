import assert from "node:assert/strict";
import { readClientFiles } from "../../src/http/client_files.ts";
import { createDevPages } from "../../src/pages/pages.ts";
import { createTestApp } from "../drivers/test_app.ts";

/** What anybody may have: these say so themselves, and may be stored. */
const PUBLIC = /^\/(?:openapi\.json|asyncapi\.json|[a-z-]+\.js)$/;

async function createWholeApp() {
  const credentials = {
    jwtSecrets: ["a secret of the tests, 32 bytes or more"],
    dev: { path: "", publisherKey: "dev_key" },
  };
  const pages = await createDevPages({ maxTokenLifetimeMs: 60_000 }, credentials);
  assert(pages !== undefined);
  return await createTestApp({ pages, clientFiles: await readClientFiles(), allowedOrigins: "*" });
}

Deno.test("no answer lets a browser guess its type, and none that is private is stored", async () => {
  const { app, key, token } = await createWholeApp();
  const user = await token("ada");
  let seen = 0;
  for (const { method, path } of app.routes) {
    if (path === "/*") continue;
    const address = path.replace(/:(\w+)/g, "ada");
    for (const credentials of [undefined, key, user, "wrong"]) {
      const headers = new Headers(
        credentials === undefined ? {} : { authorization: `Bearer ${credentials}` },
      );
      for (const verb of method === "ALL" ? ["OPTIONS", "PATCH"] : [method]) {
        const answer = await app.request(`http://localhost${address}`, { method: verb, headers });
        await answer.body?.cancel();
        const name = `${verb} ${address} ${answer.status}`;
        assert.equal(answer.headers.get("x-content-type-options"), "nosniff", name);
        const isPublic = answer.ok && verb === "GET" && PUBLIC.test(address) &&
          !address.startsWith("/playground");
        if (isPublic) assert.match(answer.headers.get("cache-control") ?? "", /^public, /, name);
        else assert.match(answer.headers.get("cache-control") ?? "", /^no-store/, name);
        seen++;
      }
    }
  }
  assert(seen > 200);
});

Deno.test("an answer that was made where it concerns every call is as safe", async () => {
  const { app, key } = await createTestApp({ publisherQuota: { limit: 1, windowMs: 60_000 } });
  const headers = { authorization: `Bearer ${key}` };
  const answers = [
    await app.request("/nowhere"),
    await app.request("/v1/users/ada/presence", { headers }),
    await app.request("/v1/users/ada/presence", { headers }),
  ];
  assert.deepEqual(answers.map(({ status }) => status), [404, 200, 429]);
  for (const answer of answers) {
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(answer.headers.get("cache-control"), "no-store");
  }
});
