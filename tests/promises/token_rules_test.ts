import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { RawSocket } from "../drivers/raw_socket.ts";
import { refuses } from "../drivers/refusal.ts";
import { Service } from "../drivers/service.ts";
import { signUserToken, type TokenWishes } from "../drivers/user_token.ts";

const NEW = "the new secret that has 32 bytes or more";
const OLD = "the old secret that has 32 bytes or more";
const FIRST_KEY = "first-key-of-16-bytes";
const SECOND_KEY = "second-key-of-16-bytes";
const THIRD_KEY = "third-key-of-16-bytes";

const base64 = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value))
    .toBase64({ alphabet: "base64url", omitPadding: true });

async function inboxWith(service: Service, token: string): Promise<Response> {
  return await service.fetch("/v1/inbox", { headers: { authorization: `Bearer ${token}` } });
}

/** Checks that a token opens neither the inbox nor a socket, by any of the ways it can come. */
async function isRefused(
  service: Service,
  token: string,
  { status = 401, problem = "unauthorized", code = 4500 } = {},
): Promise<void> {
  await refuses(await inboxWith(service, token), [status, problem]);
  const sockets = await Promise.all([
    RawSocket.open(service.streamUrl, { headers: { authorization: `Bearer ${token}` } }),
    RawSocket.open(service.streamUrl, { protocols: ["bellwire.v1", `bearer.${token}`] }),
    RawSocket.open(service.streamUrl),
  ]);
  await sockets[2]?.send({ type: "hello", token });
  for (const socket of sockets) {
    await using ending = socket;
    const { code: closed, disconnect } = await ending.closedByServer();
    assert.equal(closed, code);
    assert.equal(disconnect?.code, code);
    assert(!JSON.stringify(ending.messages).includes(token), "the token is echoed");
  }
}

async function isAccepted(service: Service, token: string): Promise<void> {
  const answer = await inboxWith(service, token);
  assert.equal(answer.status, 200, await answer.text());
  await using _ = await Device.connect(service, "ada", { token });
}

Deno.test("tokens of each configured secret are good, of no other", async () => {
  await using service = await Service.start({ env: { BELLWIRE_JWT_SECRET: `${NEW},${OLD}` } });
  for (const secret of [NEW, OLD]) {
    await isAccepted(service, await signUserToken("ada", { secret }));
  }
  const stranger = "the secret of another that is as long";
  await isRefused(service, await signUserToken("ada", { secret: stranger }));
  await isRefused(service, await signUserToken("ada", { secret: `${NEW},${OLD}` }));

  // The old one is retired: its tokens end with it.
  await service.stop();
  await service.restart({ BELLWIRE_JWT_SECRET: NEW });
  await isAccepted(service, await signUserToken("ada", { secret: NEW }));
  await isRefused(service, await signUserToken("ada", { secret: OLD }));
});

Deno.test("no algorithm is accepted without the right key, whatever a token's header says", async () => {
  await using service = await Service.start();
  const now = Math.floor(Date.now() / 1000);
  const claims = base64({ sub: "ada", iat: now, exp: now + 60 });
  const fine = await service.token("ada");
  const [, payload, signature] = fine.split(".");
  for (const algorithm of ["HS384", "HS512"]) {
    await isRefused(
      service,
      await service.token("ada", { algorithm, secret: service.secret.repeat(2) }),
    );
  }
  const algorithms = ["none", "None", "NONE", "", "RS256", "ES256", "HS384", "hs256", null, 7];
  const unsigned = algorithms.map((alg) => `${base64({ alg })}.${claims}.`);
  const relabelled = algorithms.map((alg) => `${base64({ alg })}.${payload}.${signature}`);
  const odd = [
    `${base64({ alg: "HS256", crit: ["b64"], b64: false })}.${payload}.${signature}`,
    `${fine}x`,
    `${fine}.x`,
    fine.slice(0, -1),
    fine.replace(/\..*\./, `.${base64({ sub: "bob", exp: now + 60 })}.`),
    "x",
    "..",
  ];
  const tokens = [...unsigned, ...relabelled, ...odd];
  await Promise.all(tokens.map((token) => isRefused(service, token)));
});

Deno.test("a token says whose it is and when it ends, or it is refused", async () => {
  await using service = await Service.start({ env: { BELLWIRE_MAX_TOKEN_LIFETIME: "1h" } });
  const bad: TokenWishes[] = [
    { ttl: undefined },
    { claims: { sub: undefined } as never },
    { claims: { sub: "" } },
    { claims: { sub: "a b" } },
    { claims: { sub: "x".repeat(256) } },
    { claims: { sub: 7 } as never },
    { claims: { exp: "soon" } as never },
    { claims: { nbf: Math.floor(Date.now() / 1000) + 60 } },
    { ttl: 3_700 },
    { ttl: 30, claims: { iat: Math.floor(Date.now() / 1000) - 3_600 } },
    { claims: { topics: "news" } },
  ];
  await Promise.all(bad.map(async (wishes) => {
    await isRefused(service, await service.token("ada", wishes));
  }));
  await isAccepted(service, await service.token("ada", { ttl: 3_600 }));
  await isAccepted(
    service,
    await service.token("ada", { claims: { iat: undefined } as never, ttl: 60 }),
  );
});

Deno.test("issuer and audience are insisted on where they are configured", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_JWT_ISSUER: "https://id.example", BELLWIRE_JWT_AUDIENCE: "bellwire" },
  });
  const iss = "https://id.example";
  const aud = "bellwire";
  for (const claims of [{ iss, aud }, { iss, aud: ["other", aud] }]) {
    await isAccepted(service, await service.token("ada", { claims }));
  }
  for (const claims of [{}, { iss }, { aud }, { iss: "x", aud }, { iss, aud: "x" }]) {
    await isRefused(service, await service.token("ada", { claims }));
  }
});

Deno.test("an expired token says so; clocks may differ by 5 s, except for staying connected", async () => {
  await using service = await Service.start();
  const expired = { status: 401, problem: "token_expired", code: 4003 };
  await isRefused(service, await service.token("ada", { ttl: -10 }), expired);
  const justExpired = await service.token("ada", { ttl: -1 });
  const answer = await inboxWith(service, justExpired);
  assert.equal(answer.status, 200, await answer.text());
  await using socket = await RawSocket.open(service.streamUrl);
  await socket.send({ type: "hello", token: justExpired });
  assert.equal((await socket.closedByServer()).code, 4003);
  const ahead = Math.floor(Date.now() / 1000) + 3;
  await isAccepted(service, await service.token("ada", { ttl: 60, claims: { nbf: ahead } }));
});

Deno.test("publisher keys and user tokens don't open each other's doors", async () => {
  await using service = await Service.start({
    env: { BELLWIRE_API_KEYS: `shop:${FIRST_KEY},shop:${SECOND_KEY},ci:${THIRD_KEY}` },
  });
  await isRefused(service, FIRST_KEY, { status: 403, problem: "forbidden", code: 4500 });
  const publish = (secret: string) =>
    service.publish({ to: { user: "ada" }, title: "x" }, { authorization: `Bearer ${secret}` });
  await refuses(await publish(await service.token("ada")), [403, "forbidden"]);
  for (
    const wrong of ["first-key-of-16-byte", "first-key-of-16-bytes2", "shop", `shop:${FIRST_KEY}`]
  ) {
    await refuses(await publish(wrong), [401, "unauthorized"]);
  }
  for (const key of [FIRST_KEY, SECOND_KEY, THIRD_KEY]) {
    const answer = await publish(key);
    assert.equal(answer.status, 201, await answer.text());
  }
});

Deno.test("neither tokens nor keys nor what is published get into the log", async () => {
  await using service = await Service.start({ env: { BELLWIRE_LOG_LEVEL: "debug" } });
  const token = await service.token("ada");
  await isAccepted(service, token);
  const bad = await service.token("ada", { ttl: -10 });
  await isRefused(service, bad, { status: 401, problem: "token_expired", code: 4003 });
  await service.published({ to: { user: "ada" }, title: "a-title", body: "a-body" });
  await service.stop();
  for (const secret of [token, bad, service.key, service.secret, "a-title", "a-body"]) {
    assert(!service.output.text.includes(secret));
  }
});
