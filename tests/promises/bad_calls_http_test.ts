import assert from "node:assert/strict";
import { CANARY, FINE } from "../drivers/bad_notifications.ts";
import { refuses } from "../drivers/refusal.ts";
import { Service } from "../drivers/service.ts";

Deno.test("addresses, methods, queries and credentials that are wrong are told so", async (t) => {
  await using service = await Service.start();
  const user = { authorization: `Bearer ${await service.token("ada")}` };

  await t.step("unknown addresses", async () => {
    for (const path of [`/${CANARY}`, "/v1", "/v1/", "/v1/inbox/", `/v1/inbox/${CANARY}`, "//"]) {
      await refuses(await service.fetch(path, { headers: user }), [404, "not_found"]);
    }
  });
  await t.step("wrong methods", async () => {
    for (
      const path of ["/v1/notifications", "/v1/inbox", "/v1/inbox/counts", "/live", "/metrics"]
    ) {
      const answer = await service.fetch(path, { method: "DELETE", headers: user });
      assert(answer.headers.get("allow"));
      await refuses(answer, [405, "method_not_allowed"]);
    }
  });
  await t.step("queries", async () => {
    const queries = [
      "limit=0",
      "limit=101",
      "limit=-1",
      "limit=1.5",
      `limit=${CANARY}`,
      "limit=",
      "limit=5&limit=5",
      `status=${CANARY}`,
      `category=${CANARY}!`,
      `cursor=${CANARY}`,
      "cursor=",
      `cursor=${"A".repeat(5_000)}`,
      `cursor=${btoa("user.1")}`.slice(0, -1) + "!",
      `cursor=${btoa('{"before":"x"}')}`,
      `cursor=${btoa("null")}`,
      `sort=${CANARY}`,
      `__proto__=${CANARY}`,
      `topic=${CANARY}!`,
    ];
    for (const query of queries) {
      const answer = await service.fetch(`/v1/inbox?${query}`, { headers: user });
      await refuses(answer, [400, "invalid_request"]);
    }
  });
  await t.step("credentials", async () => {
    const none = [undefined, "", "Bearer", `Basic ${CANARY}`, `Bearer ${CANARY} ${CANARY}`];
    for (const authorization of [...none, `Bearer ${CANARY}`]) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      for (const path of ["/v1/inbox", "/v1/inbox/counts"]) {
        const answer = await service.fetch(path, { headers });
        assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer /);
        await refuses(answer, [401, "unauthorized"]);
      }
      const body = JSON.stringify(FINE);
      const init = { method: "POST", headers, body };
      await refuses(await service.fetch("/v1/notifications", init), [401, "unauthorized"]);
    }
  });
  await t.step("calls about a notification", async () => {
    const publisher = { authorization: `Bearer ${service.key}` };
    const { id } = await service.published({ to: { user: "eve" }, title: "x" });
    const path = `/v1/notifications/${id}`;
    const queries = [
      "limit=0",
      "limit=101",
      `limit=${CANARY}`,
      "limit=5&limit=5",
      `cursor=${CANARY}`,
      "cursor=",
      `cursor=${btoa("[0]")}`,
      `cursor=${btoa('[0,"x"]')}`,
      `cursor=${btoa("[-1,0]")}`,
      `cursor=${btoa("[1e300,0]")}`,
      `sort=${CANARY}`,
    ];
    for (const query of queries) {
      const answer = await service.fetch(`${path}?${query}`, { headers: publisher });
      await refuses(answer, [400, "invalid_request"]);
    }
    const batch = "/v1/notifications/batch";
    for (const [method, at] of [["GET", path], ["DELETE", path], ["POST", batch]] as const) {
      await refuses(await service.fetch(at, { method, headers: user }), [403, "forbidden"]);
      await refuses(await service.fetch(at, { method }), [401, "unauthorized"]);
    }
    for (const [method, at] of [["PUT", path], ["POST", path], ["GET", batch]] as const) {
      const answer = await service.fetch(at, { method, headers: publisher });
      await refuses(answer, [405, "method_not_allowed"]);
    }
    const past = await service.fetch(`${path}?cursor=${btoa("[1000,0]")}`, { headers: publisher });
    assert.deepEqual((await past.json()).deliveries, []);
  });
  await t.step("a stream that is asked for without an upgrade", async () => {
    await refuses(await service.fetch("/v1/stream", { headers: user }), [426, "upgrade_required"]);
  });
  assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
  assert(!service.output.text.includes(CANARY), "the log tells what was submitted");
});
