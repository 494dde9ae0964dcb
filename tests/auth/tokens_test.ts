import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { signToken } from "../../src/auth/token_signer.ts";
import { createTokenVerifier, type TokenVerifierOptions } from "../../src/auth/token_verifier.ts";
import { parseRevocation } from "../../src/schemas/revocation.ts";
import { hasCode } from "../../src/errors.ts";
import { secretId } from "../../src/auth/secret_algorithms.ts";

const SECRET = "a secret of the tests, 32 bytes or more";
const OLD_SECRET = "the secret that is on its way out, as long";
const NOW = 1_800_000_000_000;
const NOW_SECONDS = NOW / 1000;
const HOUR = 3600;

function verifier(options: Partial<TokenVerifierOptions> = {}) {
  return createTokenVerifier({
    secrets: [SECRET, OLD_SECRET],
    maxLifetimeMs: 24 * HOUR * 1000,
    now: () => NOW,
    ...options,
  });
}

function token(
  claims: Record<string, unknown>,
  { secret = SECRET, alg = "HS256" }: { secret?: string; alg?: string } = {},
): Promise<string> {
  return new SignJWT({ sub: "ada", exp: NOW_SECONDS + HOUR, ...claims })
    .setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
}

async function refuses(token: string, options: Partial<TokenVerifierOptions> = {}) {
  const tokens = await verifier(options);
  await assert.rejects(tokens.verify(token), { code: "unauthorized" });
}

Deno.test("a token that this configuration signs is accepted and read", async () => {
  const tokens = await verifier({ issuer: "bell", audience: "devices" });
  const jwt = await signToken({
    user: "ada@example.org",
    lifetimeMs: HOUR * 1000,
    topics: ["news", "team.*"],
    publish: ["topic:chat"],
    issuer: "bell",
    audience: "devices",
  }, { secret: SECRET, now: () => NOW });
  const { jti, ...read } = await tokens.verify(jwt);
  assert.match(jti ?? "", /^[0-9a-f-]{36}$/);
  assert.deepEqual(read, {
    user: "ada@example.org",
    expiresAt: NOW + HOUR * 1000,
    issuedAt: NOW,
    topics: ["news", "team.*"],
    publish: ["topic:chat"],
    signedWith: secretId(SECRET),
  });
});

Deno.test("a token needs no more than sub and exp", async () => {
  const tokens = await verifier();
  assert.deepEqual(await tokens.verify(await token({})), {
    user: "ada",
    expiresAt: NOW + HOUR * 1000,
    topics: [],
    publish: [],
    signedWith: secretId(SECRET),
  });
});

Deno.test("an issuer is the same with a slash at its end and without", async () => {
  for (const issuer of ["https://login.example", "https://login.example/"]) {
    const tokens = await verifier({ issuer });
    for (const iss of ["https://login.example", "https://login.example/"]) {
      assert.equal((await tokens.verify(await token({ iss }))).user, "ada");
    }
    await refuses(await token({ iss: "https://login.example/other" }), { issuer });
    await refuses(await token({ iss: "https://login.example//" }), { issuer });
  }
});

Deno.test("a token tells which secret it was signed with, and nothing of the secret", async () => {
  const tokens = await verifier();
  const { signedWith } = await tokens.verify(await token({}, { secret: OLD_SECRET }));
  assert.equal(signedWith, secretId(OLD_SECRET));
  assert.notEqual(secretId(OLD_SECRET), secretId(SECRET));
  assert(!OLD_SECRET.includes(signedWith));
});

Deno.test("while secrets are rotated, tokens of each of them are accepted", async () => {
  const tokens = await verifier();
  assert.equal((await tokens.verify(await token({}, { secret: OLD_SECRET }))).user, "ada");
  await refuses(await token({}, { secret: OLD_SECRET }), { secrets: [SECRET] });
});

Deno.test("an expired token says so, after 5 s of tolerance, whichever secret signed it", async () => {
  for (const secret of [SECRET, OLD_SECRET]) {
    const tokens = await verifier();
    const late = await token({ exp: NOW_SECONDS - 4 }, { secret });
    assert.equal((await tokens.verify(late)).expiresAt, NOW - 4000);
    const expired = await token({ exp: NOW_SECONDS - 5 }, { secret });
    await assert.rejects(tokens.verify(expired), (error) => {
      assert(hasCode(error, "token_expired"));
      assert.equal(error.code, "token_expired");
      return true;
    });
  }
});

Deno.test("a token of someone else, or with an altered letter, is refused", async () => {
  await refuses(await token({}, { secret: "x".repeat(40) }));
  const jwt = await token({});
  const [header = "", , signature = ""] = jwt.split(".");
  const payload = btoa(JSON.stringify({ sub: "eve", exp: NOW_SECONDS + HOUR })).replace(/=+$/, "");
  await refuses(`${header}.${payload}.${signature}`);
});

Deno.test("HS384 and HS512 are accepted with a secret that is long enough, as RFC 7518 says", async () => {
  const long = "0123456789abcdef".repeat(4);
  const tokens = await verifier({ secrets: [SECRET, long] });
  for (const alg of ["HS256", "HS384", "HS512"]) {
    assert.equal((await tokens.verify(await token({}, { alg, secret: long }))).user, "ada");
    await refuses(await token({}, { alg, secret: "x".repeat(64) }), { secrets: [long] });
  }
  const middle = "0123456789abcdef".repeat(3);
  const jwt = await token({}, { alg: "HS384", secret: middle });
  assert.equal((await (await verifier({ secrets: [middle] })).verify(jwt)).user, "ada");
  for (const [alg, bytes] of [["HS384", 48], ["HS512", 64]] as const) {
    const short = await verifier({ secrets: [SECRET] });
    await assert.rejects(short.verify(await token({}, { alg, secret: SECRET + SECRET })), {
      code: "unauthorized",
      message: `The token is signed with ${alg}, which needs a BELLWIRE_JWT_SECRET of at least ` +
        `${bytes} bytes`,
    });
  }
});

Deno.test("the user's id may be in another claim, as a whole number too", async () => {
  const tokens = await verifier({ userClaim: "https://example.com/uid" });
  const uid = "https://example.com/uid";
  for (const [value, user] of [["ada@example.com", "ada@example.com"], [42, "42"], [0, "0"]]) {
    assert.equal((await tokens.verify(await token({ sub: "x y", [uid]: value }))).user, user);
  }
  for (const value of [undefined, null, "", "a b", 1.5, 2 ** 53, ["ada"]]) {
    await assert.rejects(tokens.verify(await token({ [uid]: value })), {
      code: "unauthorized",
      message: /`https:\/\/example\.com\/uid`/,
    });
  }
  const plain = await verifier();
  await assert.rejects(plain.verify(await token({ sub: 7 })), {
    message: "The token's `sub` is a number, and must be a string",
  });
});

Deno.test("of the algorithms with a secret no other is accepted, whatever the token asks for", async () => {
  const encode = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  const payload = encode({ sub: "ada", exp: NOW_SECONDS + HOUR });
  const [, , signature = ""] = (await token({})).split(".");
  for (const alg of ["none", "None", "RS256", "hs256", "", undefined]) {
    await refuses(`${encode({ alg })}.${payload}.`);
    await refuses(`${encode({ alg })}.${payload}.${signature}`);
  }
});

Deno.test("what is no JWT at all is refused", async () => {
  for (const text of ["", ".", "..", "a.b.c", "x", "ey.ey.ey", "💥", "a".repeat(100_000)]) {
    await refuses(text);
  }
});

Deno.test("sub and exp are required and have to be what they should be", async () => {
  for (const sub of [undefined, "", "a b", "a\u200b", ".", "x".repeat(256), 7, null, ["ada"]]) {
    await refuses(await token({ sub }));
  }
  for (const exp of [undefined, "soon", null, Infinity]) await refuses(await unchecked({ exp }));
  await refuses(await token({ nbf: NOW_SECONDS + 60 }));
});

Deno.test("issuer and audience are insisted on where they are configured", async () => {
  const both = { issuer: "bell", audience: "devices" };
  await refuses(await token({}), both);
  await refuses(await token({ iss: "bell", aud: "others" }), both);
  await refuses(await token({ iss: "other", aud: "devices" }), both);
  const tokens = await verifier(both);
  const jwt = await token({ iss: "bell", aud: ["others", "devices"] });
  assert.equal((await tokens.verify(jwt)).user, "ada");
});

Deno.test("a token that is valid for longer than accepted is refused", async () => {
  const day = 24 * HOUR;
  const tokens = await verifier();
  await tokens.verify(await token({ exp: NOW_SECONDS + day }));
  await tokens.verify(await token({ iat: NOW_SECONDS - 10, exp: NOW_SECONDS + day - 10 }));
  await refuses(await token({ exp: NOW_SECONDS + day + 60 }));
  await refuses(await token({ iat: NOW_SECONDS - day, exp: NOW_SECONDS + 60 }));
  await refuses(await token({ exp: 1e300 }));
});

Deno.test("iat may be ahead by the tolerance of five seconds, and no further", async () => {
  const tokens = await verifier();
  for (const iat of [NOW_SECONDS + 5, NOW_SECONDS + 4.5, NOW_SECONDS]) {
    assert.equal((await tokens.verify(await token({ iat }))).issuedAt, iat * 1000);
  }
  const later = NOW_SECONDS + 60;
  for (const iat of [NOW_SECONDS + 5.1, later, NOW_SECONDS * 1000, 1e300]) {
    const jwt = await token({ iat });
    await assert.rejects(tokens.verify(jwt), { code: "unauthorized", message: /`iat`.*future/ });
  }
  for (const claim of ["iat", "nbf", "exp"]) {
    for (const value of ["soon", String(NOW_SECONDS), null, true, [NOW_SECONDS], {}]) {
      const jwt = await unchecked({ exp: NOW_SECONDS + HOUR, [claim]: value });
      await assert.rejects(tokens.verify(jwt), { message: new RegExp(`\`${claim}\`.*seconds`) });
    }
  }
});

Deno.test("a jti that no revocation could name is refused", async () => {
  const tokens = await verifier();
  for (const jti of ["a", "x".repeat(1000), "🔑".repeat(1000), "auth0|ä é", " "]) {
    assert.equal((await tokens.verify(await token({ jti }))).jti, jti);
    assert.deepEqual(parseRevocation({ jti }, NOW), { jti });
  }
  for (const jti of ["", "x".repeat(1001), 7, null, ["a"], "\ud800"]) {
    const jwt = await unchecked({ exp: NOW_SECONDS + HOUR, jti });
    await assert.rejects(tokens.verify(jwt), { code: "unauthorized", message: /`jti`/ });
    assert.throws(() => parseRevocation({ jti }, NOW), { code: "invalid_request" });
  }
});

Deno.test("topics and publish have to be lists of patterns", async () => {
  for (const claim of ["topics", "publish"]) {
    for (const value of ["news", [1], ["a b"], [""], {}, null, Array(201).fill("a")]) {
      await refuses(await token({ [claim]: value }));
    }
  }
});

Deno.test("a token of a size that no honest one has is refused, however genuine", async () => {
  const tokens = await verifier();
  assert.equal((await tokens.verify(await token({ groups: "x".repeat(11_000) }))).user, "ada");
  await assert.rejects(tokens.verify(await token({ groups: "x".repeat(16_384) })), {
    code: "unauthorized",
    message: /more than 16,384 characters/,
  });
});

Deno.test("a refusal tells nothing of the token", async () => {
  const tokens = await verifier({ issuer: "bell" });
  for (
    const jwt of [
      "marker.marker.marker",
      await token({ iss: "marker" }),
      await token({ iss: "bell", sub: "marker marker" }),
      await token({ iss: "bell", topics: ["marker marker"] }),
    ]
  ) {
    await assert.rejects(tokens.verify(jwt), (error) => {
      assert(hasCode(error, "unauthorized"));
      assert.doesNotMatch(error.message, /marker/);
      return true;
    });
  }
});

/** A genuine token with claims that jose would not sign. */
async function unchecked(claims: Record<string, unknown>): Promise<string> {
  const encode = (bytes: Uint8Array) =>
    bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  const text = new TextEncoder();
  const head = encode(text.encode(JSON.stringify({ alg: "HS256" })));
  const input = `${head}.${encode(text.encode(JSON.stringify({ sub: "ada", ...claims })))}`;
  const key = await crypto.subtle.importKey(
    "raw",
    text.encode(SECRET),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const signature = await crypto.subtle.sign("HMAC", key, text.encode(input));
  return `${input}.${encode(new Uint8Array(signature))}`;
}
