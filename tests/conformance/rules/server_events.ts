import assert from "node:assert/strict";
import { rules } from "../rule.ts";
import type { Message } from "../socket.ts";
import { refused } from "../world.ts";

const isReset = ({ type, stream }: Message) => type === "reset" && stream === "user";

/** L, K-8 and K-9: server-sent events, and tickets to open them with. */
export const SERVER_EVENTS = rules((rule) => {
  rule("L-1", "messages as data, their type as event, a cursor as id", async (w) => {
    const user = w.name();
    await using source = await w.events(await w.token(user));
    await source.next(isReset, "the reset");
    const { id } = await w.publish({ to: { user }, title: "T" });
    const { event, message } = await source.next(({ type }) => type === "notification", "the item");
    assert.equal(event, "notification");
    assert.equal(message["item"].id, id);
    for (const { event, message } of source.events) assert.equal(event, message.type);
    assert.notEqual(source.lastId, "");
  });

  rule("L-2", "it begins with welcome, and each stream's reset", async (w) => {
    const user = w.name();
    await w.fill(user, 2);
    await using source = await w.events(await w.token(user));
    const reset = await source.next(
      ({ type, stream }) => type === "reset" && stream === "user",
      "it",
    );
    const first = source.events.find(({ message }) => message.type !== "ping");
    assert.equal(first?.message.type, "welcome");
    assert.equal(reset.message["items"].length, 2);
  });

  for (const how of ["header", "query"] as const) {
    rule("L-3", `it resumes by ${how === "header" ? "Last-Event-ID" : "?cursor="}`, async (w) => {
      const user = w.name();
      const token = await w.token(user);
      let lastId: string;
      {
        await using source = await w.events(token);
        await source.next(isReset, "the reset");
        await w.fill(user, 2);
        await source.next(({ type, seq }) => type === "notification" && seq === 2, "the second");
        lastId = source.lastId;
      }
      await w.fill(user, 2);
      await using source = await w.events(token, { [how]: lastId });
      await source.next(({ type, stream }) => type === "caughtUp" && stream === "user", "caughtUp");
      const own = source.events.map(({ message }) => message)
        .filter(({ type, stream }) => type === "notification" && stream === "user");
      assert.deepEqual(own.map(({ seq, live }) => [seq, live]), [[3, false], [4, false]]);
    });
  }

  rule("L-4", "a bad token, or none: 401", async (w) => {
    const headers = { accept: "text/event-stream" };
    refused(await w.call("GET", "/v1/stream", { headers }), 401, "unauthorized");
    const bad = await w.call("GET", "/v1/stream", { headers, bearer: "nonsense" });
    refused(bad, 401, "unauthorized");
  });

  rule("L-6", "it ends with disconnect", async (w) => {
    await using source = await w.events(await w.token(w.name(), { ttl: 8 }));
    const { message } = await source.next(({ type }) => type === "disconnect", "disconnect");
    assert.deepEqual([message["code"], message["reconnect"]], [4003, true]);
    await source.ends();
  });

  rule("K-8", "a ticket opens a stream, once, on any instance", async (w) => {
    const user = w.name();
    const { ticket: first } = (await w.user(user, "POST", "/v1/tickets")).body;
    await using source = await w.events(undefined, { ticket: first });
    const { message } = await source.next(({ type }) => type === "welcome", "welcome");
    assert.equal(message["user"], user);
    const headers = { accept: "text/event-stream" };
    for (let i = 0; i < 3; i++) {
      const again = await w.call("GET", `/v1/stream?ticket=${first}`, { headers });
      refused(again, 401, "unauthorized");
    }
  });

  rule("K-9", "a ticket that is none, or whose token was revoked, is refused", async (w) => {
    const user = w.name();
    const headers = { accept: "text/event-stream" };
    const none = await w.call("GET", "/v1/stream?ticket=nonsense", { headers });
    refused(none, 401, "unauthorized");
    const { body } = await w.user(user, "POST", "/v1/tickets");
    const issuedBefore = Math.floor(Date.now() / 1000) + 1;
    await w.publisher("POST", "/v1/revocations", { body: { user, issuedBefore } });
    const late = await w.call("GET", `/v1/stream?ticket=${body.ticket}`, { headers });
    refused(late, 401, "unauthorized");
  });
});
