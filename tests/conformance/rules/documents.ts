import assert from "node:assert/strict";
import { messageSchemas } from "../message_schemas.ts";
import { rules } from "../rule.ts";

/** O-2: what the service says of itself. */
export const DOCUMENTS = rules((rule) => {
  rule("O-2", "/openapi.json describes the calls", async (w) => {
    const { status, body } = await w.call("GET", "/openapi.json");
    assert.equal(status, 200);
    assert.match(body.openapi, /^3\.1\./);
    for (const [method, path] of [["post", "/v1/notifications"], ["get", "/v1/inbox"]] as const) {
      assert(body.paths[path][method].responses["401"], path);
    }
  });

  rule("O-2", "/asyncapi.json describes the messages, and they are as it says", async (w) => {
    const { status, body } = await w.call("GET", "/asyncapi.json");
    assert.equal(status, 200);
    assert.match(body.asyncapi, /^3\.0\./);
    const schemas = messageSchemas(body);
    const user = w.name();
    const claims = { topics: ["*"], publish: ["topic:*"] };
    await using device = await w.device(user, { claims });
    const topic = w.name();
    const said = [
      { type: "subscribe", topic },
      { type: "publish", topic, title: "T", data: { n: 1 } },
      { type: "mark", op: "read", upTo: { user: 1, [`topic:${topic}`]: 1 } },
      { type: "unsubscribe", topic },
      { type: "refresh", token: await w.token(user, claims) },
    ];
    for (const message of said) {
      schemas.check(message);
      await device.ask(message);
    }
    await w.publish({ to: { user }, title: "T", ttl: 60, actions: [{ id: "a", label: "A" }] });
    await device.until(() => device.items().length === 1, "the item");
    for (const message of device.messages) schemas.check(message);
  });
});
