import assert from "node:assert/strict";
import { sign } from "../credentials.ts";
import { rules } from "../rule.ts";
import { refused } from "../world.ts";

/** G and A: names, times, and who calls. */
export const CALLERS = rules((rule) => {
  rule("G-1", "a user's id is 1 to 255 visible characters", async (w) => {
    const ids = [
      `auth0|${w.name()}`,
      `${w.name()}+work@a.b:c`,
      `${w.name()}/=\\%2F?#"{}`,
      `${w.name()}/../é🚀`,
      w.name().padEnd(255, "x"),
    ];
    for (const user of ids) {
      const { deliveries } = await w.publish({ to: { user }, title: "T" });
      assert.deepEqual(deliveries, [{ stream: `user:${user}`, seq: 1 }]);
      assert.equal((await w.inbox(user)).length, 1);
      const path = `/v1/users/${encodeURIComponent(user)}`;
      const presence = await w.publisher("GET", `${path}/presence`);
      assert.deepEqual([presence.status, presence.body.online], [200, false]);
      assert.equal((await w.publisher("PUT", `${path}/topics/${w.name()}`)).status, 204);
      assert.equal((await w.publisher("DELETE", path)).status, 204);
    }
    for (const user of ["", "x".repeat(256), "a b", "a\u0000", "a\u200b", ".."]) {
      const body = { to: { user }, title: "T" };
      refused(await w.publisher("POST", "/v1/notifications", { body }), 400, "invalid_request");
    }
    for (const segment of ["a%20b", "%ff", "a%00", "%E2%80%8B"]) {
      const answer = await w.publisher("GET", `/v1/users/${segment}/presence`);
      refused(answer, 400, "invalid_request");
    }
  });

  rule("G-1", "a topic's name is 1 to 128 of the allowed characters", async (w) => {
    await w.publish({ to: { topic: w.name().padEnd(128, "x._:@-") }, title: "T" });
    for (const topic of ["", "x".repeat(129), "a b", "a/b", "é"]) {
      const body = { to: { topic }, title: "T" };
      refused(await w.publisher("POST", "/v1/notifications", { body }), 400, "invalid_request");
    }
  });

  rule("G-1", "ids are compared exactly", async (w) => {
    const user = w.name();
    await w.publish({ to: { user }, title: "T" });
    assert.deepEqual(await w.inbox(user.toUpperCase()), []);
  });

  rule("G-2", "a time with an offset is taken, a day that does not exist is refused", async (w) => {
    const ahead = new Date(Date.now() + 864e5).toISOString().slice(0, 10);
    const at = (expiresAt: string) => ({ to: { user: w.name() }, title: "T", expiresAt });
    await w.publish(at(`${ahead}T10:00:00+02:00`));
    for (const time of ["2099-02-30T10:00:00Z", "2099-01-01", `${ahead}T10:00:00`, "soon"]) {
      const answer = await w.publisher("POST", "/v1/notifications", { body: at(time) });
      refused(answer, 400, "invalid_request");
    }
  });

  rule("G-2", "times in answers are RFC 3339 in UTC", async (w) => {
    const user = w.name();
    await w.publish({ to: { user }, title: "T", ttl: 3600 });
    const [item] = await w.inbox(user);
    for (const field of ["publishedAt", "expiresAt"]) {
      assert.match(item?.[field], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    }
  });

  rule("G-3", "the id of a notification is a UUIDv7", async (w) => {
    const { id } = await w.publish({ to: { user: w.name() }, title: "T" });
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  rule("A-1", "no credentials: 401 with WWW-Authenticate", async (w) => {
    for (const [method, path] of CALLS) {
      const answer = await w.call(method, path);
      refused(answer, 401, "unauthorized");
      assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer/);
    }
  });

  rule("A-2", "unknown credentials: 401 unauthorized", async (w) => {
    for (const [method, path] of CALLS) {
      refused(await w.call(method, path, { bearer: "nobody-knows-this" }), 401, "unauthorized");
      const headers = { authorization: "Basic YTpi" };
      refused(await w.call(method, path, { headers }), 401, "unauthorized");
    }
  });

  rule("A-3", "the other kind of credentials: 403 forbidden", async (w) => {
    const token = await w.token(w.name());
    for (const [method, path, who] of CALLS) {
      const bearer = who === "user" ? w.credentials.key : token;
      refused(await w.call(method, path, { bearer }), 403, "forbidden");
    }
  });

  rule("A-4", "a token without sub or exp: 401 unauthorized", async (w) => {
    for (const claims of [{ sub: undefined }, { exp: undefined }, { sub: "a b" }, { sub: 7 }]) {
      const bearer = await w.token(w.name(), claims);
      refused(await w.call("GET", "/v1/inbox", { bearer }), 401, "unauthorized");
    }
  }, "secret");

  rule(
    "A-5",
    "a token that has expired: 401 token_expired, with five seconds for clocks",
    async (w) => {
      const user = w.name();
      const old = { ttl: -60, iat: Math.floor(Date.now() / 1000) - 120 };
      const bearer = await w.token(user, old);
      refused(await w.call("GET", "/v1/inbox", { bearer }), 401, "token_expired");
      const justNow = await w.token(user, { ...old, ttl: -1 });
      assert.equal((await w.call("GET", "/v1/inbox", { bearer: justNow })).status, 200);
    },
    "secret",
  );

  rule("A-6", "a token that is valid for a hundred years: 401 unauthorized", async (w) => {
    for (const iat of [{}, { iat: undefined }]) {
      const bearer = await w.token(w.name(), { ttl: 100 * 365 * 86400, ...iat });
      refused(await w.call("GET", "/v1/inbox", { bearer }), 401, "unauthorized");
    }
  }, "secret");

  rule("A-7", "a token signed with another secret, or with none: 401 unauthorized", async (w) => {
    const other = await sign(w.name(), { secret: "another secret that has 32 bytes!!" });
    const [, payload] = other.split(".");
    const none = btoa('{"alg":"none"}').replaceAll("=", "");
    for (const bearer of [other, `${none}.${payload}.`, `${payload}`]) {
      refused(await w.call("GET", "/v1/inbox", { bearer }), 401, "unauthorized");
    }
  });

  rule("A-9", "a token reads, marks and joins for its own user only", async (w) => {
    const [ada, eve] = [w.name(), w.name()];
    await w.fill(ada, 2);
    const bearer = await w.token(eve, { topics: ["*"] });
    assert.deepEqual(await w.inbox(eve, "", bearer), []);
    const named = await w.user(eve, "GET", `/v1/inbox?user=${ada}`, { bearer });
    refused(named, 400, "invalid_request");
    for (const stream of [`user:${ada}`, ada]) {
      const body = { op: "delete", upTo: 2, stream };
      refused(
        await w.user(eve, "POST", "/v1/inbox/marks", { bearer, body }),
        400,
        "invalid_request",
      );
    }
    const body = { op: "delete", upTo: 2 };
    assert.equal((await w.user(eve, "POST", "/v1/inbox/marks", { bearer, body })).status, 204);
    const others = [
      ["PUT", `/v1/users/${ada}/topics/${w.name()}`],
      ["GET", `/v1/users/${ada}/presence`],
      ["DELETE", `/v1/users/${ada}`],
    ] as const;
    for (const [method, path] of others) {
      assert([403, 404].includes((await w.call(method, path, { bearer })).status), path);
    }
    assert.equal((await w.inbox(ada)).length, 2);
  });

  rule("A-10", "`topics` lists names, and beginnings that end in *", async (w) => {
    const name = w.name();
    const bearer = await w.token(w.name(), { topics: [name, `${name}.a.*`] });
    const join = (topic: string, token = bearer) =>
      w.call("PUT", `/v1/topics/${topic}/subscription`, { bearer: token });
    for (const topic of [name, `${name}.a.b`, `${name}.a.`]) {
      assert.equal((await join(topic)).status, 204, topic);
    }
    for (const topic of [`${name}x`, `${name}.b`, `${name}.a`]) {
      refused(await join(topic), 403, "forbidden");
    }
    refused(await join(name, await w.token(w.name())), 403, "forbidden");
  });

  rule("A-11", "everyone has to be named in `publish`", async (w) => {
    const user = w.name();
    for (const publish of [["*"], ["topic:*"], ["topic:every*"]]) {
      await using device = await w.device(user, { claims: { publish } });
      await device.isRefused({ type: "publish", topic: "everyone", title: "T" }, "forbidden");
    }
  });

  rule("A-12", "a token whose iat lies in the future: 401 unauthorized", async (w) => {
    const now = Math.floor(Date.now() / 1000);
    for (const iat of [now + 60, Date.now(), String(now), null]) {
      const bearer = await w.token(w.name(), { iat });
      refused(await w.call("GET", "/v1/inbox", { bearer }), 401, "unauthorized");
    }
    const bearer = await w.token(w.name(), { iat: now + 2 });
    assert.equal((await w.call("GET", "/v1/inbox", { bearer })).status, 200);
  }, "secret");

  rule("A-13", "a jti that no revocation can name: 401 unauthorized", async (w) => {
    for (const jti of ["", "x".repeat(1001), 7]) {
      const bearer = await w.token(w.name(), { jti });
      refused(await w.call("GET", "/v1/inbox", { bearer }), 401, "unauthorized");
    }
    const bearer = await w.token(w.name(), { jti: `${w.name()} |=é`.padEnd(1000, "x") });
    assert.equal((await w.call("GET", "/v1/inbox", { bearer })).status, 200);
  }, "secret");
});

const CALLS = [
  ["POST", "/v1/notifications", "publisher"],
  ["POST", "/v1/notifications/batch", "publisher"],
  ["GET", "/v1/notifications/019b7a62-1de0-7000-8000-000000000000", "publisher"],
  ["DELETE", "/v1/notifications/019b7a62-1de0-7000-8000-000000000000", "publisher"],
  ["GET", "/v1/users/nobody/presence", "publisher"],
  ["PUT", "/v1/users/nobody/topics/nothing", "publisher"],
  ["POST", "/v1/revocations", "publisher"],
  ["GET", "/v1/inbox", "user"],
  ["GET", "/v1/inbox/counts", "user"],
  ["POST", "/v1/inbox/marks", "user"],
  ["PUT", "/v1/topics/nothing/subscription", "user"],
  ["POST", "/v1/tickets", "user"],
] as const;
