import assert from "node:assert/strict";
import { exportSPKI, importJWK, SignJWT } from "jose";
import { IssuerKeys } from "../../src/auth/issuer_keys.ts";
import { createTokenVerifier, type TokenVerifier } from "../../src/auth/token_verifier.ts";
import { Issuer, makeKey } from "../drivers/issuer.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";

const SECRET = "a secret of the tests, 32 bytes or more";
const MINUTE_MS = 60_000;

interface Setting {
  readonly issuer: Issuer;
  readonly clock: VirtualClock;
  readonly tokens: TokenVerifier;
  readonly troubles: unknown[];
}

async function create(issuer: Issuer, { secrets = [] as string[] } = {}): Promise<Setting> {
  const clock = new VirtualClock();
  const troubles: unknown[] = [];
  const onError = (error: unknown) => void troubles.push(error);
  const tokens = await createTokenVerifier({
    secrets,
    issuerKeys: new IssuerKeys({ url: issuer.url, clock, onError }),
    issuer: issuer.name,
    audience: issuer.audience,
    maxLifetimeMs: 86_400_000,
  });
  return { issuer, clock, tokens, troubles };
}

async function refuses({ tokens }: Setting, token: string): Promise<void> {
  await assert.rejects(tokens.verify(token), { code: "unauthorized" });
}

async function putsOff({ tokens }: Setting, token: string): Promise<void> {
  await assert.rejects(tokens.verify(token), { code: "unavailable" });
}

for (const alg of ["RS256", "ES256", "EdDSA"]) {
  Deno.test(`a token that an issuer signed with ${alg} is accepted, and its key fetched once`, async () => {
    await using issuer = new Issuer();
    const key = await makeKey(alg, "one");
    issuer.keys = [key];
    const { tokens } = await create(issuer);
    for (const user of ["ada", "bob"]) {
      assert.equal((await tokens.verify(await issuer.issue(user, key))).user, user);
    }
    assert.equal(issuer.fetches, 1);
  });
}

Deno.test("a token without a key id is accepted if any of the issuer's keys has signed it", async () => {
  await using issuer = new Issuer();
  const [one, two, stranger] = [
    await makeKey("ES256", "one"),
    await makeKey("ES256", "two"),
    await makeKey("ES256", "three"),
  ];
  issuer.keys = [one, two];
  const setting = await create(issuer);
  for (const key of [one, two]) {
    const token = await issuer.issue("ada", key, { kid: undefined });
    assert.equal((await setting.tokens.verify(token)).user, "ada");
  }
  await refuses(setting, await issuer.issue("ada", stranger, { kid: undefined }));
});

Deno.test("when the issuer rotates its keys, the new one is good at once and the old one until it is dropped", async () => {
  await using issuer = new Issuer();
  const [old, fresh] = [await makeKey("ES256", "old"), await makeKey("ES256", "new")];
  issuer.keys = [old];
  const setting = await create(issuer);
  await setting.tokens.verify(await issuer.issue("ada", old));

  issuer.keys = [fresh, old];
  await setting.tokens.verify(await issuer.issue("ada", fresh));
  await setting.tokens.verify(await issuer.issue("ada", old));
  assert.equal(issuer.fetches, 2);

  issuer.keys = [fresh];
  await setting.clock.advance(10 * MINUTE_MS);
  await refuses(setting, await issuer.issue("ada", old));
  await setting.tokens.verify(await issuer.issue("ada", fresh));
});

Deno.test("only the algorithm of the key is accepted, and only those three", async () => {
  await using issuer = new Issuer();
  const [rsa, ec] = [await makeKey("RS256", "rsa"), await makeKey("ES256", "ec")];
  const others = await Promise.all(
    ["RS512", "PS256", "ES384"].map((alg) => makeKey(alg, alg)),
  );
  issuer.keys = [rsa, ec, ...others];
  const setting = await create(issuer);
  for (const key of others) await refuses(setting, await issuer.issue("ada", key));
  // The name of another key.
  await refuses(setting, await issuer.issue("ada", ec, { kid: "rsa" }));
  await refuses(setting, await issuer.issue("ada", rsa, { kid: "ec" }));
});

Deno.test("a public key is no secret: HS256 with it opens nothing, with or without secrets", async () => {
  await using issuer = new Issuer();
  const key = await makeKey("RS256", "one");
  issuer.keys = [key];
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: "ada", iss: issuer.name, aud: issuer.audience, iat: now, exp: now + 60 };
  const pem = await exportSPKI(await importJWK(key.publicJwk, "RS256") as CryptoKey);
  const forms = [pem, pem.trim(), JSON.stringify(key.publicJwk), key.publicJwk.n ?? ""];
  for (const secrets of [[], [SECRET]]) {
    const setting = await create(issuer, { secrets });
    for (const form of forms) {
      for (const header of [{ alg: "HS256" }, { alg: "HS256", kid: "one" }]) {
        const forged = await new SignJWT(claims).setProtectedHeader(header)
          .sign(new TextEncoder().encode(form));
        await refuses(setting, forged);
      }
    }
  }
});

Deno.test("a token that is not signed, or relabelled, opens nothing", async () => {
  await using issuer = new Issuer();
  const key = await makeKey("ES256", "one");
  issuer.keys = [key];
  const setting = await create(issuer, { secrets: [SECRET] });
  const fine = await issuer.issue("ada", key);
  const [, payload, signature] = fine.split(".");
  const encode = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  for (const alg of ["none", "None", "HS256", "RS256", "EdDSA", "", undefined, null, ["ES256"]]) {
    for (const kid of ["one", undefined]) {
      // Some of them have the issuer asked for a key, which it is only now and then.
      await setting.clock.advance(MINUTE_MS);
      await refuses(setting, `${encode({ alg, kid })}.${payload}.`);
      await refuses(setting, `${encode({ alg, kid })}.${payload}.${signature}`);
    }
  }
  // A key that a token brings along, or names the place of, is not the issuer's.
  const own = await makeKey("ES256", "one");
  for (const extra of [{ jwk: own.publicJwk }, { jku: "http://127.0.0.1:1/", kid: "one" }]) {
    const forged = await new SignJWT({ sub: "ada", iss: issuer.name, aud: issuer.audience })
      .setExpirationTime("1h").setProtectedHeader({ alg: "ES256", ...extra }).sign(own.privateKey);
    await refuses(setting, forged);
  }
});

Deno.test("the issuer's tokens for others, and others' tokens, are refused", async () => {
  await using issuer = new Issuer();
  const key = await makeKey("ES256", "one");
  issuer.keys = [key];
  const setting = await create(issuer);
  const wrong = [
    { aud: "another-service" },
    { aud: [] },
    { aud: undefined },
    { iss: "https://evil.example/" },
    { iss: undefined },
    { exp: undefined },
    { sub: undefined },
  ];
  for (const claims of wrong) {
    await refuses(setting, await issuer.issue("ada", key, { claims: claims as never }));
  }
  await setting.tokens.verify(
    await issuer.issue("ada", key, { claims: { aud: ["x", issuer.audience] } }),
  );
});

Deno.test("with a secret and an issuer both, each one's tokens are good, and each needs the claims", async () => {
  await using issuer = new Issuer();
  const key = await makeKey("EdDSA", "one");
  issuer.keys = [key];
  const setting = await create(issuer, { secrets: [SECRET] });
  await setting.tokens.verify(await issuer.issue("ada", key));
  const signed = (claims: Record<string, unknown>) =>
    new SignJWT({ sub: "bob", ...claims }).setExpirationTime("1h")
      .setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
  const good = await signed({ iss: issuer.name, aud: issuer.audience });
  assert.equal((await setting.tokens.verify(good)).user, "bob");
  await refuses(setting, await signed({}));
});

Deno.test("tokens with unknown keys are refused, and can't make the service ask the issuer without end", async () => {
  await using issuer = new Issuer();
  const [key, stranger] = [await makeKey("ES256", "one"), await makeKey("ES256", "x")];
  issuer.keys = [key];
  const setting = await create(issuer);
  const outcomes = { invalid_token: 0, issuer_keys: 0 };
  for (let i = 0; i < 50; i++) {
    const token = await issuer.issue("ada", stranger, { kid: `unknown ${i}` });
    const error = await setting.tokens.verify(token).catch((error) => error);
    outcomes[error.reason as keyof typeof outcomes]++;
  }
  // Final as long as the issuer was asked, and put off from then on.
  assert.equal(issuer.fetches, 5);
  assert.deepEqual(outcomes, { invalid_token: 4, issuer_keys: 46 });
  await setting.tokens.verify(await issuer.issue("ada", key));

  await setting.clock.advance(MINUTE_MS);
  await refuses(setting, await issuer.issue("ada", stranger));
  assert.equal(issuer.fetches, 6);
});

Deno.test("many tokens that come at once while the keys are fetched are one fetch", async () => {
  await using issuer = new Issuer();
  const key = await makeKey("ES256", "one");
  issuer.keys = [key];
  const { tokens } = await create(issuer);
  const token = await issuer.issue("ada", key);
  await Promise.all(Array.from({ length: 30 }, () => tokens.verify(token)));
  assert.equal(issuer.fetches, 1);
});

Deno.test("while the issuer is away known keys stay good, however old, and unknown ones are put off", async () => {
  await using issuer = new Issuer();
  const [key, fresh] = [await makeKey("ES256", "one"), await makeKey("ES256", "new")];
  issuer.keys = [key];
  const setting = await create(issuer);
  const token = await issuer.issue("ada", key);
  await setting.tokens.verify(token);
  await issuer.goAway();
  for (let i = 0; i < 5; i++) {
    await setting.clock.advance(60 * MINUTE_MS);
    await setting.tokens.verify(token);
  }
  assert(setting.troubles.length > 0, "nobody was told");
  await putsOff(setting, await issuer.issue("ada", fresh));

  issuer.comeBack();
  issuer.keys = [fresh];
  await setting.clock.advance(MINUTE_MS);
  await setting.tokens.verify(await issuer.issue("ada", fresh));
});

Deno.test("who starts while the issuer is away puts tokens off until it is back", async () => {
  await using issuer = new Issuer();
  const key = await makeKey("ES256", "one");
  issuer.keys = [key];
  const setting = await create(issuer);
  await issuer.goAway();
  const token = await issuer.issue("ada", key);
  for (let i = 0; i < 20; i++) await putsOff(setting, token);
  assert.equal(setting.troubles.length, 5, "attempts without end");
  issuer.comeBack();
  await setting.clock.advance(MINUTE_MS);
  assert.equal((await setting.tokens.verify(token)).user, "ada");
});

Deno.test("an issuer that answers nonsense is one that is away", async () => {
  await using issuer = new Issuer();
  const key = await makeKey("ES256", "one");
  issuer.keys = [key];
  const answers = [
    () => new Response("no", { status: 500 }),
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    () => Response.json({ keys: "none" }),
    () => Response.redirect("http://127.0.0.1:1/", 302),
  ];
  for (const answer of answers) {
    const setting = await create(issuer);
    issuer.answer = answer;
    await putsOff(setting, await issuer.issue("ada", key));
    issuer.answer = undefined;
    assert.equal((await setting.tokens.verify(await issuer.issue("ada", key))).user, "ada");
  }
});
