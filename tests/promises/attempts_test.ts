import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { RawSocket, type ServerMessage } from "../drivers/raw_socket.ts";
import { Service } from "../drivers/service.ts";

/** Stands in all that is Ada's or her team's, and in nothing else. */
const SECRET = "for the eyes of Ada only";
const OWN = "for Eve";

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** What Eve tries over HTTP with her own good token, and the statuses that are right. */
function calls(id: string, cursor: string): [what: string, call: Call, ...statuses: number[]][] {
  const get = (path: string, headers?: Record<string, string>): Call => ({
    method: "GET",
    path,
    ...(headers === undefined ? {} : { headers }),
  });
  const post = (path: string, body: unknown): Call => ({ method: "POST", path, body });
  const put = (path: string): Call => ({ method: "PUT", path });
  const remove = (path: string): Call => ({ method: "DELETE", path });
  return [
    ["read another's inbox by naming them", get("/v1/inbox?user=ada"), 400],
    [
      "read another's inbox by a header",
      get("/v1/inbox", { "x-user": "ada", "x-sub": "ada" }),
      200,
    ],
    ["read on with another's cursor", get(`/v1/inbox?cursor=${cursor}&status=all`), 200, 400],
    ["read a topic she is not in", get("/v1/inbox?topic=team.red&status=all"), 200, 403],
    ["read by a path", get("/v1/inbox/ada"), 404],
    ["read by a path with dots", get("/v1/users/eve/../ada/inbox"), 404],
    ["read where a notification went", get(`/v1/notifications/${id}`), 403],
    ["see whether another is there", get("/v1/users/ada/presence"), 403],
    ["see whether she herself is there", get("/v1/users/eve/presence"), 403],
    ["publish to another", post("/v1/notifications", { to: { user: "ada" }, title: "x" }), 403],
    ["publish to everyone", post("/v1/notifications", { to: { everyone: true }, title: "x" }), 403],
    ["publish a batch", post("/v1/notifications/batch", { notifications: [] }), 403],
    ["recall another's notification", remove(`/v1/notifications/${id}`), 403],
    ["mark in another's stream", post("/v1/inbox/marks", mark({ stream: "user:ada" })), 400],
    ["mark as another", post("/v1/inbox/marks", mark({ user: "ada" })), 400],
    ["mark several streams", post("/v1/inbox/marks", { op: "read", upTo: { "user:ada": 9 } }), 400],
    [
      "mark in a topic she is not in",
      post("/v1/inbox/marks", mark({ stream: "topic:team.red" })),
      403,
      404,
    ],
    ["join a topic her token does not name", put("/v1/topics/team.red/subscription"), 403],
    ["join a topic by a name with a wildcard", put("/v1/topics/team.*/subscription"), 400],
    ["have herself added to a topic", put("/v1/users/eve/topics/team.red"), 403],
    ["have another added to a topic", put("/v1/users/ada/topics/news"), 403],
    ["have another removed from a topic", remove("/v1/users/ada/topics/team.red"), 403],
    [
      "have another's tokens refused",
      post("/v1/revocations", {
        user: "ada",
        issuedBefore: new Date().toISOString(),
      }),
      403,
    ],
    ["erase another", remove("/v1/users/ada"), 403, 404],
    ["get a ticket as another", post("/v1/tickets?user=ada", { user: "ada", sub: "ada" }), 201],
  ];
}

function mark(fields: Record<string, unknown>): Record<string, unknown> {
  return { op: "read", upTo: 1_000, ...fields };
}

/** What Eve says on her own socket, and the codes of the answers that are right. */
function sayings(
  token: string,
): [what: string, message: Record<string, unknown>, ...codes: string[]][] {
  const note = { title: "x" };
  return [
    ["become another", { type: "refresh", token }, "forbidden"],
    [
      "mark in another's stream",
      { type: "mark", ...mark({ stream: "user:ada" }) },
      "invalid_request",
    ],
    [
      "mark several streams",
      { type: "mark", op: "read", upTo: { "user:ada": 9 } },
      "invalid_request",
    ],
    [
      "mark in a topic she is not in",
      { type: "mark", ...mark({ stream: "topic:team.red" }) },
      "forbidden",
      "not_found",
    ],
    ["join a topic", { type: "subscribe", topic: "team.red" }, "forbidden"],
    ["join a topic as another", { type: "subscribe", topic: "news", user: "ada" }, "forbidden"],
    ["join a user's stream", { type: "subscribe", topic: "user:ada" }, "forbidden"],
    ["join with a wildcard", { type: "subscribe", topic: "*" }, "invalid_request"],
    ["publish to a topic", { type: "publish", topic: "team.red", ...note }, "forbidden"],
    ["publish to a user", { type: "publish", topic: "user:ada", ...note }, "forbidden"],
  ];
}

/** Ada with a device, a secret in her inbox and one in her team; Eve with neither. */
async function create() {
  const service = await Service.start();
  const open = new AsyncDisposableStack();
  open.use(service);
  const put = async (path: string) => {
    const headers = { authorization: `Bearer ${service.key}` };
    const answer = await service.fetch(path, { method: "PUT", headers });
    assert.equal(answer.status, 204, await answer.text());
  };
  await put("/v1/users/ada/topics/team.red");
  const device = open.use(await Device.connect(service, "ada"));
  const first = await service.published({ to: { user: "ada" }, title: `1 ${SECRET}` });
  await service.published({ to: { user: "ada" }, title: `2 ${SECRET}` });
  await service.published({ to: { topic: "team.red" }, title: `3 ${SECRET}` });
  await service.published({ to: { user: "eve" }, title: OWN });
  await device.until(() => device.counts.unread === 3, "all of Ada's notifications");
  const { next } = await service.inboxPage("ada", { limit: "1", status: "all" });
  const eve = await service.token("eve", { claims: { topics: ["chat"], publish: ["topic:chat"] } });
  /** All that Ada can see. */
  const ofAda = async () => [
    await service.inbox("ada"),
    await (await service.get("/v1/inbox/counts", "ada")).json(),
  ];
  return { service, device, id: first.id, cursor: next ?? "", eve, ofAda, open };
}

Deno.test("nothing that a user calls with her own token reads, marks or joins for another", async (t) => {
  const { service, device, id, cursor, eve, ofAda, open } = await create();
  await using _ = open;
  const before = await ofAda();
  const heard = device.messages.length;
  for (const [what, { method, path, body, headers }, ...statuses] of calls(id, cursor)) {
    await t.step(what, async () => {
      const answer = await service.fetch(path, {
        method,
        headers: {
          ...headers,
          authorization: `Bearer ${eve}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      assert(statuses.includes(answer.status), `${answer.status} ${text}`);
      assert(!text.includes(SECRET), text);
      assert.deepEqual(await ofAda(), before);
    });
  }
  const own = await service.inbox("eve");
  assert.deepEqual(own.map(({ title }) => title), [OWN]);
  assert.deepEqual(events(device.messages.slice(heard)), []);
});

Deno.test("nothing that a user says on her own socket reads, marks, joins or publishes for another", async (t) => {
  const { service, device, eve, ofAda, open } = await create();
  await using _ = open;
  const before = await ofAda();
  const heard = device.messages.length;
  const headers = { authorization: `Bearer ${eve}` };
  await using socket = await RawSocket.open(service.streamUrl, { headers });
  const cursor = { epoch: device.cursor?.epoch, seq: 0 };
  const resume = { user: cursor, "user:ada": cursor, "topic:team.red": cursor };
  // Neither whose it says it is counts, nor where it says it stands, nor a second token.
  const token = await service.token("ada");
  await socket.send({ type: "hello", user: "ada", device: "ada", token, resume });
  const { user, streams } = await socket.message("welcome");
  assert.equal(user, "eve");
  assert.deepEqual(
    Object.keys(streams).filter((name) => !["user", "topic:everyone"].includes(name)),
    [],
  );
  for (const [ref, [what, message, ...codes]] of sayings(token).entries()) {
    await t.step(what, async () => {
      await socket.send({ ...message, ref });
      const answer = await socket.message((message) => message["ref"] === ref);
      assert.equal(answer.type, "error", JSON.stringify(answer));
      assert(codes.includes(answer["code"]), answer["code"]);
      assert.deepEqual(await ofAda(), before);
    });
  }
  // Fields that a message does not have are not looked at, whatever they claim.
  await t.step("publish to a user besides her topic, as another", async () => {
    const claims = { to: { user: "ada" }, from: "ada", title: "Mine" };
    await socket.send({ type: "subscribe", topic: "chat" });
    await socket.message(({ type, stream }) => type === "reset" && stream === "topic:chat");
    await socket.send({ type: "publish", ref: "claims", topic: "chat", ...claims });
    const { type } = await socket.message((message) => message["ref"] === "claims");
    assert.equal(type, "ok");
    const { item } = await socket.message("notification");
    assert.deepEqual([item.title, item.from], ["Mine", "eve"]);
    assert.deepEqual(await ofAda(), before);
  });
  // What was published afterwards comes to Ada, and still not to Eve.
  await service.published({ to: { user: "ada" }, title: `4 ${SECRET}` });
  await service.published({ to: { topic: "team.red" }, title: `5 ${SECRET}` });
  await device.until(() => device.counts.unread === 5, "what came afterwards");
  await service.published({ to: { user: "eve" }, title: "the last" });
  await socket.message(({ type, item }) => type === "notification" && item.title === "the last");
  assert(!JSON.stringify(socket.messages).includes(SECRET));
  const titles = events(device.messages.slice(heard)).map(({ item }) => item.title);
  assert.deepEqual(titles.sort(), [`4 ${SECRET}`, `5 ${SECRET}`]);
});

Deno.test("no user's call is answered without a token, or with one that is not signed for here", async () => {
  const { service, id, cursor, ofAda, open } = await create();
  await using _ = open;
  const before = await ofAda();
  const stranger = await service.token("ada", { secret: "the secret of another that is as long" });
  const own: [string, Call][] = [
    ["inbox", { method: "GET", path: "/v1/inbox" }],
    ["counts", { method: "GET", path: "/v1/inbox/counts" }],
    ["marks", { method: "POST", path: "/v1/inbox/marks", body: mark({}) }],
    ["join", { method: "PUT", path: "/v1/topics/chat/subscription" }],
    ["leave", { method: "DELETE", path: "/v1/topics/team.red/subscription" }],
    ["ticket", { method: "POST", path: "/v1/tickets" }],
  ];
  const all = [...own, ...calls(id, cursor).map(([what, call]) => [what, call] as const)];
  for (const [what, { method, path, body }] of all) {
    for (const authorization of [undefined, `Bearer ${stranger}`, "Basic YWRhOmFkYQ=="]) {
      const answer = await service.fetch(path, {
        method,
        headers: {
          ...(authorization === undefined ? {} : { authorization }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      assert([401, 404].includes(answer.status), `${what}: ${answer.status} ${text}`);
    }
  }
  assert.deepEqual(await ofAda(), before);
});

/** Messages that tell of something that happened. */
function events(messages: readonly ServerMessage[]): ServerMessage[] {
  return messages.filter(({ type }) => ["notification", "change", "reset"].includes(type));
}
