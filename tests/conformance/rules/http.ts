import assert from "node:assert/strict";
import { rules } from "../rule.ts";
import { refused } from "../world.ts";

const PUBLISH = "/v1/notifications";

/** H: what holds for every call. */
export const HTTP = rules((rule) => {
  rule("H-1", "every answer has an X-Request-Id of its own", async (w) => {
    const calls = [
      w.call("GET", "/live"),
      w.call("GET", "/v1/inbox"),
      w.call("GET", "/v1/nothing-here"),
      w.call("OPTIONS", PUBLISH),
      w.publisher("POST", PUBLISH, { body: {} }),
      w.publisher("POST", PUBLISH, { body: { to: { user: w.name() }, title: "T" } }),
    ];
    const ids = (await Promise.all(calls)).map(({ headers }) => headers.get("x-request-id"));
    assert(ids.every((id) => id !== null && id !== ""));
    assert.equal(new Set(ids).size, ids.length);
  });

  rule("H-2", "an error is a problem whose status is that of the answer", async (w) => {
    const answers = await Promise.all([
      w.call("GET", "/v1/inbox"),
      w.publisher("POST", PUBLISH, { body: { title: "" } }),
      w.call("GET", "/v1/nothing-here"),
      w.call("PUT", PUBLISH),
    ]);
    for (const { status, headers, body } of answers) {
      assert.equal(headers.get("content-type"), "application/problem+json");
      assert.equal(body.status, status);
      for (const field of ["type", "title", "code", "detail"]) {
        assert.equal(typeof body[field], "string", field);
      }
    }
    for (const { path, message } of answers[1]?.body.errors ?? [{}]) {
      assert.deepEqual([typeof path, typeof message], ["string", "string"]);
    }
  });

  rule("H-3", "an error repeats no value that was sent", async (w) => {
    const secret = "do-not-repeat-this";
    const answers = [
      await w.publisher("POST", PUBLISH, {
        body: { to: { user: `${secret} ` }, title: secret, url: secret },
      }),
      await w.publisher("POST", PUBLISH, { body: `{"title": "${secret}` }),
      await w.call("GET", "/v1/inbox", { bearer: secret }),
      await w.user(w.name(), "GET", `/v1/inbox?cursor=${secret}`),
      await w.user(w.name(), "POST", "/v1/inbox/marks", { body: { op: secret, upTo: 1 } }),
    ];
    for (const { status, text } of answers) {
      assert(status >= 400);
      assert(!text.includes(secret), text);
    }
  });

  rule("H-4", "an address that does not exist: 404 not_found", async (w) => {
    refused(await w.call("GET", "/v1/nothing-here"), 404, "not_found");
    refused(await w.publisher("POST", "/v1/notifications/a/b"), 404, "not_found");
  });

  rule("H-5", "a method that there is not: 405 with Allow; OPTIONS: 204 with Allow", async (w) => {
    const wrong = await w.publisher("PATCH", PUBLISH);
    refused(wrong, 405, "method_not_allowed");
    assert.match(wrong.headers.get("allow") ?? "", /\bPOST\b/);
    const asked = await w.call("OPTIONS", PUBLISH);
    assert.equal(asked.status, 204);
    assert.match(asked.headers.get("allow") ?? "", /\bPOST\b/);
  });

  rule(
    "H-6",
    "a form's content type counts as JSON, another or a compressed body is refused",
    async (w) => {
      const body = JSON.stringify({ to: { user: w.name() }, title: "T" });
      const type = (type: string) => ({ body, headers: { "content-type": type } });
      for (
        const known of ["application/json; charset=utf-8", "application/x-www-form-urlencoded"]
      ) {
        assert.equal((await w.publisher("POST", PUBLISH, type(known))).status, 201, known);
      }
      for (const headers of [{ "content-type": "text/xml" }, { "content-encoding": "gzip" }]) {
        const answer = await w.publisher("POST", PUBLISH, { body, headers });
        refused(answer, 415, "unsupported_media_type");
      }
    },
  );

  rule("H-7", "no JSON, no UTF-8 or no body: 400 invalid_request", async (w) => {
    for (const body of ["", "{", "nonsense", new Uint8Array([0x22, 0xff, 0x22])]) {
      refused(await w.publisher("POST", PUBLISH, { body }), 400, "invalid_request");
    }
  });

  rule(
    "H-8",
    "an unknown field, and an unknown or doubled parameter, is an error that names it",
    async (w) => {
      const body = { to: { user: w.name() }, title: "T", colour: "red" };
      const field = await w.publisher("POST", PUBLISH, { body });
      refused(field, 400, "invalid_request");
      assert(JSON.stringify(field.body.errors).includes("colour"));
      for (const query of ["colour=red", "limit=1&limit=2"]) {
        const answer = await w.user(w.name(), "GET", `/v1/inbox?${query}`);
        refused(answer, 400, "invalid_request");
        assert(JSON.stringify(answer.body.errors).includes(query.split("=")[0] as string));
      }
    },
  );

  rule("H-9", "bodies above 64 KiB, 256 KiB with users, 1 MiB for a batch: 413", async (w) => {
    const KiB = 1024;
    const padded = (value: unknown, size: number) => JSON.stringify(value).padEnd(size, " ");
    const one = { to: { user: w.name() }, title: "T" };
    const many = { to: { users: [w.name()] }, title: "T" };
    const send = (path: string, body: string) => w.publisher("POST", path, { body });
    assert.equal((await send(PUBLISH, padded(one, 64 * KiB))).status, 201);
    assert.equal((await send(PUBLISH, padded(many, 256 * KiB))).status, 201);
    const batch = { notifications: [one] };
    assert.equal((await send(`${PUBLISH}/batch`, padded(batch, 1024 * KiB))).status, 200);
    refused(await send(PUBLISH, padded(one, 64 * KiB + 1)), 413, "payload_too_large");
    refused(await send(PUBLISH, padded(many, 256 * KiB + 1)), 413, "payload_too_large");
    const large = await send(`${PUBLISH}/batch`, padded(batch, 1024 * KiB + 1));
    refused(large, 413, "payload_too_large");
  });

  rule(
    "H-13",
    "no answer's type may be guessed; answers of the API and errors are not stored",
    async (w) => {
      const user = w.name();
      const { body } = await w.publisher("POST", PUBLISH, { body: { to: { user }, title: "T" } });
      const answers = await Promise.all([
        w.publisher("POST", PUBLISH, { body: { to: { user }, title: "T" } }),
        w.publisher("POST", PUBLISH, { body: {} }),
        w.publisher("GET", `${PUBLISH}/${body.id}`),
        w.publisher("GET", `/v1/users/${user}/presence`),
        w.user(user, "GET", "/v1/inbox"),
        w.user(user, "GET", "/v1/inbox/counts"),
        w.user(user, "POST", "/v1/inbox/marks", { body: { op: "read", upTo: 1 } }),
        w.user(user, "POST", "/v1/tickets"),
        w.call("GET", "/v1/inbox"),
        w.call("GET", "/v1/nothing-here"),
        w.call("OPTIONS", PUBLISH),
      ]);
      for (const { status, headers } of answers) {
        assert.equal(headers.get("x-content-type-options"), "nosniff", String(status));
        assert.match(headers.get("cache-control") ?? "", /\bno-store\b/, String(status));
      }
      for (const path of ["/live", "/metrics", "/openapi.json"]) {
        const { headers } = await w.call("GET", path);
        assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      }
    },
  );
});
