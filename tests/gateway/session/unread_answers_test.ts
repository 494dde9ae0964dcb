import assert from "node:assert/strict";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import { PAUSE_ABOVE_BYTES } from "../../../src/gateway/session/session.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";

const REF = "r".repeat(128);

Deno.test("a client that talks and does not read its answers is closed before they pile up", async () => {
  for (const token of ["nothing of ours", "ada's"]) {
    using world = await GatewayWorld.open();
    const { transport, inbound } = world.accept({ jwt: world.token("ada") });
    inbound.receive('{"type":"hello"}');
    await world.clock.advance(10);
    const message = JSON.stringify({
      type: "refresh",
      token: token === "ada's" ? world.token("ada") : token,
      ref: REF,
    });
    for (let i = 0; i < 20_000 && transport.isOpen; i++) {
      inbound.receive(message);
      await world.clock.advance(0);
    }
    assert.equal(transport.closed?.code, CloseCode.tooSlow);
    assert(transport.peak < 3 * PAUSE_ABOVE_BYTES, `${transport.peak} bytes`);
    await world.end(["ada"]);
  }
});

Deno.test("a client that reads may ask as often as it likes, also with a slow connection", async () => {
  using world = await GatewayWorld.open();
  const { transport, inbound } = world.accept({ jwt: world.token("ada") });
  inbound.receive('{"type":"hello"}');
  const message = JSON.stringify({ type: "refresh", token: world.token("ada"), ref: REF });
  for (let i = 0; i < 5_000; i++) {
    inbound.receive(message);
    await world.clock.advance(0);
    transport.read(100);
  }
  assert(transport.isOpen);
  assert.deepEqual(world.laws.broken, []);
});
