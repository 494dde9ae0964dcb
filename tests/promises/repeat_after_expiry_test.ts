import assert from "node:assert/strict";
import { eventually } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";

Deno.test("a repeat gets the first answer also when what it publishes has expired since", async () => {
  await using service = await Service.start();
  const body = {
    to: { user: "ada" },
    title: "Only for a moment",
    expiresAt: new Date(Date.now() + 6_000).toISOString(),
  };
  const headers = { "idempotency-key": "moment" };
  const first = await service.publish(body, headers);
  assert.equal(first.status, 201);
  const answer = await first.text();
  await eventually(() => Promise.resolve(Date.now() > Date.parse(body.expiresAt)), "the expiry");
  const repeat = await service.publish(body, headers);
  assert.equal(repeat.status, 201);
  assert.equal(repeat.headers.get("idempotent-replayed"), "true");
  assert.equal(await repeat.text(), answer);
  const late = await service.publish(body, { "idempotency-key": "another" });
  assert.equal(late.status, 400);
  await late.body?.cancel();
});
