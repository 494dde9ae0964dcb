import assert from "node:assert/strict";
import { until } from "../deadline.ts";
import { rules } from "../rule.ts";
import { refused, type World } from "../world.ts";

/** U, K-1 to K-7, Q and O: users, credentials that end, quotas and operators. */
export const USERS = rules((rule) => {
  rule(
    "U-1",
    "presence tells whether a user is connected, and on how many instances",
    async (w) => {
      const user = w.name();
      const presence = async () => (await w.publisher("GET", `/v1/users/${user}/presence`)).body;
      assert.deepEqual(await presence(), { online: false, instances: 0 });
      await using _device = await w.device(user);
      const { online, instances } = await presence();
      assert.deepEqual([online, instances], [true, 1]);
      refused(await w.publisher("GET", "/v1/users/a%20b/presence"), 400, "invalid_request");
    },
  );

  rule("U-3", "erasing takes away all that the user has", async (w) => {
    const { user, topic, bearer } = await settled(w);
    const sendAt = new Date(Date.now() + 4000).toISOString();
    const later = { to: { user }, title: "Never", sendAt };
    await w.publisher("POST", "/v1/notifications", { body: later });
    assert.equal((await w.publisher("DELETE", `/v1/users/${user}`)).status, 204);
    const fresh = await after(w, user);
    assert.deepEqual(await w.inbox(user, "", fresh), []);
    await w.publish({ to: { topic }, title: "To members" });
    const marker = new Date(Date.now() + 8000).toISOString();
    const body = { to: { user }, title: "Marker", sendAt: marker };
    await w.publisher("POST", "/v1/notifications", { body });
    const items = await until(async () => {
      const items = await w.inbox(user, "", fresh);
      return items.length > 0 ? items : undefined;
    }, "what is sent after it");
    assert.deepEqual(items.map(({ title }) => title), ["Marker"]);
    await ends(w, bearer);
  });

  rule("U-4", "erasing closes the user's connections and ends the tokens", async (w) => {
    const { user, bearer } = await settled(w);
    await using device = await w.device(user);
    assert.equal((await w.publisher("DELETE", `/v1/users/${user}`)).status, 204);
    await device.socket.closes(4503);
    await ends(w, bearer);
  });

  rule("U-5", "whoever comes back is a new user", async (w) => {
    const user = w.name();
    const device = await w.device(user);
    await w.fill(user, 2);
    await device.reaches(2);
    const epoch = device.messages.find(({ type }) => type === "welcome")?.["streams"].user.epoch;
    assert.equal((await w.publisher("DELETE", `/v1/users/${user}`)).status, 204);
    await device.socket.closes(4503);
    await after(w, user);
    await device.connect();
    const reset = await device.socket.next(({ type, stream }) =>
      type === "reset" && stream === "user"
    );
    assert.equal(reset["reason"], "epoch");
    assert.notEqual(reset["epoch"], epoch);
    assert.deepEqual(device.items(), []);
    await device.leave();
  });

  rule("U-6", "erasing again, or nobody: 204", async (w) => {
    const user = w.name();
    for (let i = 0; i < 2; i++) {
      assert.equal((await w.publisher("DELETE", `/v1/users/${user}`)).status, 204);
    }
  });

  rule("K-1", "a jti that is revoked, and a user's tokens up to a time, are refused", async (w) => {
    const user = w.name();
    const jti = w.name();
    const [one, other] = [await w.token(user, { jti }), await w.token(user)];
    assert.equal((await w.call("GET", "/v1/inbox", { bearer: one })).status, 200);
    await revoke(w, { jti });
    await ends(w, one);
    assert.equal((await w.call("GET", "/v1/inbox", { bearer: other })).status, 200);
    await revoke(w, { user, issuedBefore: Math.floor(Date.now() / 1000) + 1 });
    const noIat = await w.token(user, { iat: undefined });
    for (const bearer of [other, noIat]) await ends(w, bearer);
    await until(async () => {
      const later = await w.token(user, { iat: Math.floor(Date.now() / 1000) + 5 });
      const { status } = await w.call("GET", "/v1/inbox", { bearer: later });
      return status === 200 ? true : undefined;
    }, "a token that counts as issued afterwards");
  }, "secret");

  rule("K-1", "the issuer's clock may be five seconds ahead of a revocation", async (w) => {
    const user = w.name();
    const now = Math.floor(Date.now() / 1000);
    const bearer = await w.token(user, { iat: now + 4 });
    await using device = await w.device(user, { claims: { iat: now + 4 } });
    await revoke(w, { user, issuedBefore: now });
    await ends(w, bearer);
    await device.socket.closes(4503);
  }, "secret");

  rule("K-2", "a revoked token is refused on every instance", async (w) => {
    const user = w.name();
    const bearer = await w.token(user);
    await revoke(w, { user, issuedBefore: Math.floor(Date.now() / 1000) + 1 });
    await ends(w, bearer);
    await using socket = await w.socket({ protocols: ["bellwire.v1", `bearer.${bearer}`] });
    socket.send({ type: "hello" });
    await socket.closes(4503);
  });

  rule(
    "K-3",
    "connections with a revoked token are closed with 4503 on every instance",
    async (w) => {
      const user = w.name();
      await using a = await w.device(user);
      await using b = await w.device(user);
      await using c = await w.device(user);
      await revoke(w, { user, issuedBefore: Math.floor(Date.now() / 1000) + 1 });
      await Promise.all([a, b, c].map((device) => device.socket.closes(4503)));
    },
  );

  rule("K-4", "issuedBefore is a time or seconds, at most a day ahead", async (w) => {
    const user = w.name();
    await revoke(w, { user, issuedBefore: new Date().toISOString() });
    await revoke(w, { user, issuedBefore: Date.now() / 1000 });
    const far = new Date(Date.now() + 3 * 864e5).toISOString();
    for (const issuedBefore of [far, Date.now() / 1000 + 3 * 86400, "soon", -1]) {
      const answer = await w.publisher("POST", "/v1/revocations", { body: { user, issuedBefore } });
      refused(answer, 400, "invalid_request");
    }
  });

  rule("K-5", "a repeat is harmless, and an earlier time takes nothing back", async (w) => {
    const user = w.name();
    const bearer = await w.token(user);
    const now = Math.floor(Date.now() / 1000);
    await revoke(w, { user, issuedBefore: now + 1 });
    await revoke(w, { user, issuedBefore: now + 1 });
    await revoke(w, { user, issuedBefore: now - 1000 });
    await ends(w, bearer);
  });

  rule("K-6", "neither, or parts of both: 400", async (w) => {
    const [user, jti] = [w.name(), w.name()];
    for (const body of [{}, { user }, { issuedBefore: 1 }, { jti, user }, { jti: "" }]) {
      refused(await w.publisher("POST", "/v1/revocations", { body }), 400, "invalid_request");
    }
  });

  rule("K-7", "a ticket is good for half a minute", async (w) => {
    const { status, body } = await w.user(w.name(), "POST", "/v1/tickets");
    assert.equal(status, 201);
    assert.match(body.ticket, /^[A-Za-z0-9._~-]+$/);
    const left = Date.parse(body.expiresAt) - Date.now();
    assert(left > 20_000 && left <= 35_000, `${left} ms`);
  });

  rule("Q-1", "answers to a publisher say what is left, where that is limited", async (w) => {
    const path = `/v1/users/${w.name()}/presence`;
    const { headers } = await w.publisher("GET", path);
    const [policy, left] = [headers.get("ratelimit-policy"), headers.get("ratelimit")];
    assert.equal(policy === null, left === null);
    if (policy === null) return;
    assert.match(policy, /^"[^"]+";q=\d+;w=\d+$/);
    assert.match(left ?? "", /^"[^"]+";r=\d+;t=\d+$/);
  });

  rule("O-1", "the service lives and is ready", async (w) => {
    for (const path of ["/live", "/ready"]) {
      assert.equal((await w.call("GET", path)).status, 200, path);
    }
  });

  rule("O-3", "metrics are Prometheus' text, where they are not shut off", async (w) => {
    const { status, text } = await w.call("GET", "/metrics");
    if (status !== 200) return assert([401, 403, 404].includes(status), `${status}`);
    assert.match(text, /^# TYPE \S+ (counter|gauge|histogram|summary)$/m);
  });
});

/** A user with an inbox, a topic and marks. */
async function settled(w: World) {
  const [user, topic] = [w.name(), w.name()];
  const bearer = await w.token(user);
  await w.publisher("PUT", `/v1/users/${user}/topics/${topic}`);
  await w.publish({ to: { topic }, title: "T" });
  await w.fill(user, 2);
  await w.call("POST", "/v1/inbox/marks", { bearer, body: { op: "read", upTo: 2 } });
  return { user, topic, bearer };
}

/** A token that was issued after the user was erased; `iat` counts whole seconds. */
async function after(w: World, user: string): Promise<string> {
  return await until(async () => {
    const bearer = await w.token(user);
    const { status } = await w.call("GET", "/v1/inbox/counts", { bearer });
    return status === 200 ? bearer : undefined;
  }, "a token that counts as issued afterwards");
}

/** Insists that a token is soon refused by every instance, and stays so. */
async function ends(w: World, bearer: string): Promise<void> {
  let refusals = 0;
  await until(async () => {
    const { status, body } = await w.call("GET", "/v1/inbox", { bearer });
    refusals = status === 401 && body.code === "unauthorized" ? refusals + 1 : 0;
    return refusals === 6 ? true : undefined;
  }, "six refusals in a row");
}

async function revoke(w: World, body: unknown): Promise<void> {
  const { status, text } = await w.publisher("POST", "/v1/revocations", { body });
  assert.equal(status, 204, text);
}
