import assert from "node:assert/strict";
import fc from "fast-check";
import { SignJWT } from "jose";
import { RevokedTokens, revokeToken, revokeUser } from "../../src/auth/revoked_tokens.ts";
import { importSecret } from "../../src/auth/secret_algorithms.ts";
import { createTokenVerifier, type UserToken } from "../../src/auth/token_verifier.ts";
import type { Clock } from "../../src/clock.ts";
import { ControlLine } from "../../src/cluster/control_line.ts";
import { ErrorReports } from "../../src/feeds/error_reports.ts";
import { Feed } from "../../src/feeds/feed.ts";
import { type RevocationFeed, Revocations } from "../../src/auth/revocations.ts";
import { RowReader } from "../../src/store/rows.ts";
import { createNewId } from "../../src/encoding/uuid_v7.ts";
import { unexpected } from "../fakes/error_reports.ts";
import { JumpingClock } from "../fakes/jumping_clock.ts";
import { MemoryKv } from "../fakes/memory_kv.ts";
import { settle, VirtualClock } from "../fakes/virtual_clock.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 1, 8);
const VALIDITY = { now: NOW, maxLifetimeMs: 30 * DAY_MS };

function token(claims: Partial<UserToken> = {}): UserToken {
  return { user: "ada", expiresAt: NOW + DAY_MS, topics: [], publish: [], ...claims };
}

function revocations(kv: MemoryKv, clock: Clock) {
  let closings = 0;
  const revoked: RevocationFeed = new Feed(unexpected);
  const reports = new ErrorReports(unexpected, clock);
  const newId = createNewId({ now: () => clock.now() });
  const control = new ControlLine({ kv, clock, newId, registry: undefined, reports });
  const own = new Revocations({
    kv,
    clock,
    newId,
    maxTokenLifetimeMs: 30 * DAY_MS,
    control,
    rows: new RowReader(reports),
    revoked,
  });
  void control.start({
    handlers: { revoked: ({ revocation }) => own.hear(revocation) },
    readStored: () => Promise.resolve(),
  });
  revoked.subscribe(() => closings++);
  return { own, closings: () => closings };
}

Deno.test("a token is refused by its jti, and no other token is", () => {
  const revoked = new RevokedTokens();
  revoked.add(revokeToken("one", VALIDITY));
  assert(revoked.has(token({ jti: "one" })));
  assert(revoked.has(token({ jti: "one", user: "bob" })));
  assert(!revoked.has(token({ jti: "two" })));
  assert(!revoked.has(token()));
  // A user of that name is not a token of that name.
  assert(!revoked.has(token({ user: "one" })));
});

Deno.test("a user's tokens are refused that were issued before a time, or don't say when", () => {
  const revoked = new RevokedTokens();
  revoked.add(revokeUser("ada", NOW, VALIDITY));
  assert(revoked.has(token()));
  assert(revoked.has(token({ issuedAt: NOW - 1 })));
  // The issuer's clock may be ahead by five seconds.
  assert(revoked.has(token({ issuedAt: NOW + 5_000 })));
  assert(!revoked.has(token({ issuedAt: NOW + 5_001 })));
  assert(!revoked.has(token({ user: "bob", issuedAt: NOW - 1 })));
  assert(!revoked.has(token({ user: "bob", jti: "ada" })));
});

Deno.test("a revocation made now reaches every token of the user that is accepted by then", async () => {
  const secret = "a secret of the tests, 32 bytes or more";
  const seconds = NOW / 1000;
  const odd = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -100, max: 100 }).map((ahead) => seconds + ahead / 10),
    fc.constantFrom(undefined, NOW, seconds, seconds + 5, -seconds, 0, 1e300),
  );
  const key = await importSecret(secret, "sign");
  await fc.assert(
    fc.asyncProperty(odd, odd, fc.nat(10_000), async (iat, nbf, waited) => {
      const payload = { sub: "ada", exp: seconds + 3600, iat, nbf };
      const jwt = await new SignJWT(JSON.parse(JSON.stringify(payload)))
        .setProtectedHeader({ alg: "HS256" }).sign(key);
      const accepted = async (now: number) => {
        const tokens = await createTokenVerifier({
          secrets: [secret],
          maxLifetimeMs: 30 * DAY_MS,
          now: () => now,
        });
        return await tokens.verify(jwt).catch(() => undefined);
      };
      const read = await accepted(NOW);
      if (read === undefined) return;
      const revoked = new RevokedTokens();
      revoked.add(revokeUser("ada", NOW, VALIDITY));
      assert(revoked.has(read), JSON.stringify(payload));
      // Nor does it escape when it is shown later.
      const later = await accepted(NOW + waited);
      assert(later !== undefined && revoked.has(later));
    }),
    { numRuns: 200 },
  );
});

Deno.test("of two revocations of one user the later time counts, in whichever order they are heard", () => {
  const earlier = revokeUser("ada", NOW - DAY_MS, VALIDITY);
  const later = revokeUser("ada", NOW, VALIDITY);
  for (const order of [[earlier, later], [later, earlier]]) {
    const revoked = new RevokedTokens();
    for (const revocation of order) revoked.add(revocation);
    assert(revoked.has(token({ issuedAt: NOW + 5_000 })));
    assert(!revoked.has(token({ issuedAt: NOW + 5_001 })));
  }
});

Deno.test("a revocation is forgotten once every token that it concerns has expired, not before", () => {
  const revoked = new RevokedTokens();
  revoked.add(revokeToken("one", VALIDITY));
  revoked.add(revokeUser("ada", NOW, VALIDITY));
  revoked.forgetOld(NOW + 30 * DAY_MS);
  assert.equal(revoked.size, 2);
  revoked.forgetOld(NOW + 30 * DAY_MS + 10_000);
  assert.equal(revoked.size, 0);
});

Deno.test("what is revoked survives a restart, until it concerns nobody any more", async () => {
  const clock = new VirtualClock();
  const kv = new MemoryKv({ now: () => clock.now() });
  const { own } = revocations(kv, clock);
  await own.user("ada", clock.now());
  // More than one page.
  for (let i = 0; i < 600; i++) await own.token(`token ${i}`);

  const restarted = revocations(kv, clock);
  await restarted.own.lookAgain();
  assert(restarted.own.tokens.has(token({ user: "ada" })));
  for (let i = 0; i < 600; i++) {
    assert(restarted.own.tokens.has(token({ user: "bob", jti: `token ${i}` })));
  }

  await clock.advance(31 * DAY_MS);
  const late = revocations(kv, clock);
  await late.own.lookAgain();
  assert.equal(late.own.tokens.size, 0);
});

Deno.test("an instance that looks again finds what others have revoked, and only then has sessions looked at", async () => {
  const clock = new VirtualClock();
  const kv = new MemoryKv({ now: () => clock.now() });
  const [writer, reader] = [revocations(kv, clock), revocations(kv, clock)];
  await reader.own.lookAgain();
  await settle();
  const before = reader.closings();
  await reader.own.lookAgain();
  await settle();
  assert.equal(reader.closings(), before);

  await writer.own.token("one");
  await reader.own.lookAgain();
  await settle();
  assert.equal(reader.closings(), before + 1);
  assert(reader.own.tokens.has(token({ jti: "one" })));
});

Deno.test("an earlier time never takes back a later one that is stored", async () => {
  const clock = new VirtualClock();
  const kv = new MemoryKv({ now: () => clock.now() });
  await revocations(kv, clock).own.user("ada", clock.now());
  await revocations(kv, clock).own.user("ada", clock.now() - DAY_MS);
  const restarted = revocations(kv, clock);
  await restarted.own.lookAgain();
  assert(restarted.own.tokens.has(token({ issuedAt: clock.now() - 1 })));
});

Deno.test("no row of a revocation names the user or the token", async () => {
  const clock = new VirtualClock();
  const kv = new MemoryKv();
  const { own } = revocations(kv, clock);
  await own.user("ada.lovelace@example.org", clock.now());
  await own.token("ada.lovelace@example.org-1");
  for (const { mutations } of kv.history) {
    for (const mutation of mutations) {
      const value = mutation.kind === "set" ? new TextDecoder().decode(mutation.value) : "";
      assert.doesNotMatch(`${mutation.key.join()} ${value}`, /lovelace/);
    }
  }
  assert.equal(kv.history.length, 2);
});

Deno.test("a row is kept for whole milliseconds, whatever the clock says", async () => {
  const clock = new VirtualClock();
  const kv = new MemoryKv();
  const fractional = {
    now: () => clock.now() + 0.7,
    monotonic: () => clock.monotonic(),
    after: (ms: number, task: () => void) => clock.after(ms, task),
  };
  const { own } = revocations(kv, fractional);
  await own.user("ada", clock.now());
  await own.token("one");
  for (const { mutations } of kv.history) {
    for (const mutation of mutations) {
      if (mutation.kind === "set" && mutation.expireIn !== undefined) {
        assert(Number.isInteger(mutation.expireIn), String(mutation.expireIn));
      }
    }
  }
});

Deno.test("what is revoked stays revoked when the clock has jumped ahead for a while", async () => {
  const clock = new JumpingClock();
  const { own } = revocations(new MemoryKv(), clock);
  await own.token("one");
  await own.user("ada", clock.now());
  await clock.advance(DAY_MS);
  clock.jump(400 * DAY_MS);
  // Whatever comes in makes room by forgetting what is old.
  await own.token("two");
  clock.jump(-400 * DAY_MS);
  assert(own.tokens.has(token({ jti: "one", user: "bob" })));
  assert(own.tokens.has(token({ issuedAt: clock.now() - 2 * DAY_MS })));
});
