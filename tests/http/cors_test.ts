import assert from "node:assert/strict";
import type { AllowedOrigins } from "../../src/auth/origins.ts";
import { createTestApp } from "../drivers/test_app.ts";

const APP = "https://app.example";

async function ask(
  allowedOrigins: AllowedOrigins,
  { origin, method = "GET", path = "/v1/inbox", headers: more = {}, signedIn = true }: {
    origin?: string;
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    signedIn?: boolean;
  },
) {
  const { app, token } = await createTestApp({ allowedOrigins });
  const headers = new Headers({ host: "bell.example", ...more });
  if (signedIn) headers.set("authorization", `Bearer ${await token("ada")}`);
  if (origin !== undefined) headers.set("origin", origin);
  return await app.request(`https://bell.example${path}`, { method, headers });
}

/** What a browser asks before a call that is not a simple one. */
function preflight(
  method: string,
  path = "/v1/inbox",
  wanted = "authorization,content-type,idempotency-key,last-event-id",
) {
  return {
    method: "OPTIONS",
    path,
    signedIn: false,
    headers: {
      "access-control-request-method": method,
      "access-control-request-headers": wanted,
    },
  };
}

function listOf(response: Response, name: string): string[] {
  return (response.headers.get(name) ?? "").toLowerCase().split(",").map((part) => part.trim());
}

Deno.test("a page of an allowed origin may read the answers, and every header it can use", async () => {
  const response = await ask([APP], { origin: APP });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("access-control-allow-origin"), APP);
  assert.equal(response.headers.get("vary"), "Origin");
  const exposed = listOf(response, "access-control-expose-headers");
  for (
    const name of [
      "x-request-id",
      "retry-after",
      "idempotent-replayed",
      "ratelimit",
      "ratelimit-policy",
    ]
  ) {
    assert(exposed.includes(name), name);
  }
});

Deno.test("a page of an allowed origin may read refusals too", async () => {
  const asked: [Parameters<typeof ask>[1], number][] = [
    [{ signedIn: false }, 401],
    [{ path: "/v1/nowhere" }, 404],
    [{ method: "DELETE" }, 405],
    [{ path: "/v1/inbox?limit=0" }, 400],
    [{ path: "/v1/notifications", method: "POST" }, 403],
  ];
  for (const [how, status] of asked) {
    const response = await ask([APP], { origin: APP, ...how });
    assert.equal(response.status, status);
    assert.equal(response.headers.get("access-control-allow-origin"), APP);
    assert(listOf(response, "access-control-expose-headers").includes("x-request-id"));
  }
});

Deno.test("the browser's question beforehand is answered for every address, method and header of the API", async () => {
  const calls = [
    ["POST", "/v1/notifications"],
    ["POST", "/v1/notifications/batch"],
    ["DELETE", "/v1/notifications/0190e6a0-0000-7000-8000-000000000000"],
    ["GET", "/v1/inbox"],
    ["POST", "/v1/inbox/marks"],
    ["PUT", "/v1/topics/news/subscription"],
    ["DELETE", "/v1/users/ada"],
    ["POST", "/v1/tickets"],
    ["POST", "/v1/revocations"],
    ["GET", "/v1/stream"],
  ] as const;
  for (const [method, path] of calls) {
    const response = await ask([APP], { origin: APP, ...preflight(method, path) });
    assert.equal(response.status, 204, path);
    assert.equal(await response.text(), "");
    assert.equal(response.headers.get("access-control-allow-origin"), APP);
    assert(listOf(response, "access-control-allow-methods").includes(method.toLowerCase()), path);
    const headers = listOf(response, "access-control-allow-headers");
    for (const name of ["authorization", "content-type", "idempotency-key", "last-event-id"]) {
      assert(headers.includes(name), name);
    }
    assert(Number(response.headers.get("access-control-max-age")) > 0);
    assert.equal(response.headers.get("vary"), "Origin, Access-Control-Request-Headers");
    assert.notEqual(response.headers.get("x-request-id"), null);
  }
});

Deno.test("a page of an allowed origin may send header fields that libraries add to every call", async () => {
  for (
    const wanted of [
      "traceparent",
      "authorization,baggage,content-type,sentry-trace,traceparent,tracestate",
      "authorization, x-datadog-trace-id",
      "X-B3-TraceId",
    ]
  ) {
    const response = await ask([APP], {
      origin: APP,
      ...preflight("POST", "/v1/notifications", wanted),
    });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get("access-control-allow-headers"), wanted);
    // Another call may ask for other fields: a cache must not mix up the answers.
    assert(listOf(response, "vary").includes("access-control-request-headers"));
  }
});

Deno.test("what is no list of header fields is not sent back", async () => {
  for (const wanted of ["", "a b", "a;b", "a,,b", '"a"', "a: b", "a".repeat(5_000)]) {
    const response = await ask([APP], { origin: APP, ...preflight("GET", "/v1/inbox", wanted) });
    assert.equal(response.status, 204);
    const headers = listOf(response, "access-control-allow-headers");
    assert(headers.includes("authorization"), wanted.slice(0, 20));
    if (wanted !== "") assert(!headers.includes(wanted.toLowerCase()));
  }
});

Deno.test("the fields that a page asks for are not sent back to a page that is not allowed", async () => {
  for (const allowed of [[APP], "same-origin"] as const) {
    const response = await ask(allowed, {
      origin: "https://evil.example",
      ...preflight("POST", "/v1/notifications", "traceparent"),
    });
    assert.equal(response.headers.get("access-control-allow-headers"), null);
    assert.equal(response.headers.get("access-control-allow-origin"), null);
  }
});

Deno.test("where there is no Host header, as in HTTP/2, the address that was called decides", async () => {
  const { app } = await createTestApp({ allowedOrigins: [APP] });
  const response = await app.request("https://bell.example/v1/inbox", {
    headers: { origin: "https://bell.example" },
  });
  assert.equal(response.headers.get("access-control-allow-origin"), "https://bell.example");
});

Deno.test("a page of another origin can't read the answers", async () => {
  const others = [
    "https://evil.example",
    "https://app.example.evil.example",
    "https://app.example:444",
    "http://app.example",
    "null",
    "not an origin",
  ];
  for (const origin of others) {
    for (const how of [{}, preflight("POST"), { method: "OPTIONS" }]) {
      const response = await ask([APP], { origin, ...how });
      for (const [name] of response.headers) {
        assert(!name.startsWith("access-control-"), `${origin} gets ${name}`);
      }
      // A cache must not give it to a page that may.
      assert.equal(listOf(response, "vary")[0], "origin");
    }
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

Deno.test("no page gets to use the credentials that a browser keeps", async () => {
  for (const allowed of [[APP], "*"] as const) {
    for (const how of [{}, preflight("DELETE")]) {
      const response = await ask(allowed, { origin: APP, ...how });
      assert.equal(response.headers.get("access-control-allow-credentials"), null);
    }
  }
});
