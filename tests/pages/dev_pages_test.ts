import assert from "node:assert/strict";
import { createDevPages } from "../../src/pages/pages.ts";
import { decodeJwt } from "jose";
import { readProblem } from "../drivers/problem.ts";
import { RawHttp } from "../drivers/raw_http.ts";
import { Service } from "../drivers/service.ts";
import { createTestApp } from "../drivers/test_app.ts";

const DEV = { BELLWIRE_JWT_SECRET: "" };
const SECRET = "a secret of the tests, 32 bytes or more";
const CREDENTIALS = "/dev/credentials?user=ada";

async function createDevApp() {
  const credentials = { jwtSecrets: [SECRET], dev: { path: "", publisherKey: "dev_key" } };
  const pages = await createDevPages({ maxTokenLifetimeMs: 60_000 }, credentials);
  assert(pages !== undefined);
  return (await createTestApp({ pages })).app;
}

function get(service: Service, path: string, headers: Record<string, string>) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return RawHttp.call(service.url, `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

Deno.test("dev credentials open the socket and publish", async () => {
  await using service = await Service.start({ env: DEV });
  const answer = await service.fetch(CREDENTIALS);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const { user, token, expiresAt, publisherKey } = await answer.json();
  assert.equal(user, "ada");
  assert.equal(new Date(expiresAt).getTime(), Number(decodeJwt(token).exp) * 1000);
  const inbox = await service.fetch("/v1/inbox", { headers: { authorization: `Bearer ${token}` } });
  assert.equal(inbox.status, 200, await inbox.text());
  await service.published({ to: { user: "ada" }, title: "Hello" }, {
    authorization: `Bearer ${publisherKey}`,
  });
});

Deno.test("dev credentials are given to this machine's own pages and programs only", async () => {
  await using service = await Service.start({ env: DEV });
  const { host, port } = new URL(service.url);
  const good: Record<string, string>[] = [
    { Host: host },
    { Host: `localhost:${port}`, "Sec-Fetch-Site": "same-origin" },
    { Host: `LOCALHOST:${port}`, "Sec-Fetch-Site": "none" },
    { Host: `127.8.9.10:${port}` },
    { Host: `[::1]:${port}` },
    { Host: "localhost" },
  ];
  for (const headers of good) {
    const { status, text } = await get(service, CREDENTIALS, headers);
    assert.equal(status, 200, JSON.stringify(headers));
    assert(!/access-control/i.test(text));
  }
  const bad: Record<string, string>[] = [
    { Host: "rebound.example" },
    { Host: `rebound.example:${port}`, "Sec-Fetch-Site": "same-origin" },
    { Host: `127.0.0.1.rebound.example:${port}` },
    { Host: `localhost.rebound.example:${port}` },
    { Host: `rebound.example:${port}`, "X-Forwarded-Host": "localhost" },
    { Host: "10.0.0.1" },
    { Host: "[::2]" },
    { Host: host, "Sec-Fetch-Site": "cross-site" },
    { Host: host, "Sec-Fetch-Site": "same-site" },
    { Host: host, "Sec-Fetch-Site": "" },
    { Host: host, "Sec-Fetch-Site": "none, cross-site" },
    { Host: host, Origin: "https://rebound.example" },
    { Host: host, Origin: "null" },
  ];
  for (const headers of bad) {
    const { status, text } = await get(service, CREDENTIALS, headers);
    assert.equal(status, 403, JSON.stringify(headers));
    assert.match(text, /application\/problem\+json/);
    assert.match(text, /"code":"forbidden"/);
    assert(!text.includes('token"'));
  }
});

Deno.test("dev credentials are not given to a proxy or a tunnel, whatever Host it calls by", async () => {
  await using service = await Service.start({ env: DEV });
  const { host } = new URL(service.url);
  const added: Record<string, string>[] = [
    { Forwarded: "for=203.0.113.7;proto=https" },
    { Via: "1.1 tunnel" },
    { "X-Forwarded-For": "203.0.113.7" },
    { "x-forwarded-proto": "https" },
    { "X-FORWARDED-HOST": "abc.tunnel.example" },
    { "X-Forwarded": "by=tunnel" },
    { "X-Original-Host": "abc.tunnel.example" },
    { "X-Real-IP": "203.0.113.7" },
    { "X-Client-IP": "203.0.113.7" },
    { "True-Client-IP": "203.0.113.7" },
    { "CF-Connecting-IP": "203.0.113.7" },
    { "CF-Ray": "0123456789abcdef-FRA" },
    { "CDN-Loop": "cloudflare" },
    { "Fly-Client-IP": "203.0.113.7" },
    { "Tailscale-User-Login": "eve@example.com" },
    { "ngrok-skip-browser-warning": "1" },
    { "X-MS-Proxy": "AzureAD" },
    { "X-Forwarded-For": "" },
  ];
  for (const headers of added) {
    const { status, text } = await get(service, CREDENTIALS, { Host: host, ...headers });
    assert.equal(status, 403, JSON.stringify(headers));
    assert.match(text, /proxy or a tunnel/);
    assert(!text.includes('token"'));
  }
  const usual = { Accept: "*/*", "X-Requested-With": "fetch", Traceparent: "00-1-2-01" };
  assert.equal((await get(service, CREDENTIALS, { Host: host, ...usual })).status, 200);
});

Deno.test("dev credentials are given to callers from loopback only", async () => {
  const app = await createDevApp();
  const status = async (hostname: string) => {
    const remoteAddr = { transport: "tcp" as const, hostname, port: 1 };
    const request = new Request(`http://localhost${CREDENTIALS}`);
    return (await app.fetch(request, { remoteAddr })).status;
  };
  for (const hostname of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
    assert.equal(await status(hostname), 200, hostname);
  }
  for (const hostname of ["172.17.0.1", "203.0.113.7", "::ffff:10.0.0.1", "fe80::1"]) {
    assert.equal(await status(hostname), 403, hostname);
  }
});

Deno.test("where there is no Host header, as in HTTP/2, the address that was called decides", async () => {
  const app = await createDevApp();
  assert.equal((await app.request(`https://localhost${CREDENTIALS}`)).status, 200);
  assert.equal((await app.request(`https://rebound.example${CREDENTIALS}`)).status, 403);
});

Deno.test("dev credentials stay unreadable for origins that may call everything else", async () => {
  await using service = await Service.start({ env: { ...DEV, BELLWIRE_ALLOWED_ORIGINS: "*" } });
  const answer = await service.fetch(CREDENTIALS, { headers: { origin: "https://app.example" } });
  await answer.body?.cancel();
  assert.equal(answer.headers.get("access-control-allow-origin"), null);
});

Deno.test("dev credentials carry the issuer and the audience that are insisted on", async () => {
  const insisted = { BELLWIRE_JWT_ISSUER: "https://issuer.example", BELLWIRE_JWT_AUDIENCE: "bell" };
  await using service = await Service.start({ env: { ...DEV, ...insisted } });
  const { token } = await (await service.fetch(CREDENTIALS)).json();
  const { iss, aud } = decodeJwt(token);
  assert.deepEqual([iss, aud], ["https://issuer.example", "bell"]);
  const inbox = await service.fetch("/v1/inbox", { headers: { authorization: `Bearer ${token}` } });
  assert.equal(inbox.status, 200, await inbox.text());
});

Deno.test("dev credentials last no longer than a token may", async () => {
  const app = await createDevApp();
  const answer = await app.request(CREDENTIALS, { headers: { host: "localhost" } });
  const { exp = 0, iat = 0 } = decodeJwt((await answer.json()).token);
  assert.equal(exp - iat, 60);
});

Deno.test("dev credentials are refused for what is no user id", async () => {
  const app = await createDevApp();
  for (const query of ["", "?user=", "?user=a%20b", "?user=%00", `?user=${"a".repeat(256)}`]) {
    const answer = await app.request(`/dev/credentials${query}`, {
      headers: { host: "localhost" },
    });
    assert.equal(answer.status, 400, query);
    const { code, errors } = await readProblem(answer);
    assert.equal(code, "invalid_request");
    assert.equal(errors?.[0]?.path, "user");
  }
});

Deno.test("each file of the page has its type, a strict policy and is not stored", async () => {
  const app = await createDevApp();
  const types: Record<string, string> = {
    "/": "text/html; charset=utf-8",
    "/playground.css": "text/css; charset=utf-8",
    "/playground.js": "text/javascript; charset=utf-8",
    "/playground/device.js": "text/javascript; charset=utf-8",
    "/bell.svg": "image/svg+xml",
  };
  for (const [path, type] of Object.entries(types)) {
    const answer = await app.request(path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get("content-type"), type);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(
      answer.headers.get("content-security-policy"),
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'",
    );
    assert.equal(answer.headers.get("x-frame-options"), "DENY");
    assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
    assert.equal(answer.headers.get("cross-origin-resource-policy"), "same-origin");
    assert.equal(answer.headers.get("strict-transport-security"), null);
    assert.notEqual(await answer.text(), "");
    const wrong = await app.request(path, { method: "POST" });
    assert.equal((await readProblem(wrong)).code, "method_not_allowed");
  }
});

Deno.test("nothing but the page's files is served", async () => {
  const app = await createDevApp();
  const paths = ["/deno.json", "/web/playground.html", "/playground/", "/..%2fdeno.json"];
  for (const path of [...paths, "/playground/..%2f..%2fmain.ts", "/%2e%2e/main.ts"]) {
    assert.equal((await readProblem(await app.request(path))).code, "not_found", path);
  }
});

Deno.test("outside dev mode there are neither pages nor credentials", async () => {
  await using service = await Service.start();
  for (const path of ["/", "/playground.js", CREDENTIALS]) {
    const answer = await service.fetch(path);
    assert.equal(answer.status, 404, path);
    await answer.body?.cancel();
  }
});
