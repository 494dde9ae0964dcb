import assert from "node:assert/strict";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import { MemoryGuard } from "../../../src/gateway/transport/memory_guard.ts";
import { messagesOf } from "../../fakes/fake_transport.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { VirtualClock } from "../../fakes/virtual_clock.ts";

const MIB = 1024 * 1024;

/** Lets memory and connections grow evenly for so many seconds; gives how often that was noticed. */
async function grow(
  { seconds, mib, connections = 0 }: { seconds: number; mib: number; connections?: number },
): Promise<number> {
  const clock = new VirtualClock();
  const start = clock.monotonic();
  const passed = () => Math.min(seconds, (clock.monotonic() - start) / 1_000) / seconds;
  let noticed = 0;
  const guard = new MemoryGuard({
    clock,
    held: () => 100 * MIB + passed() * mib * MIB,
    connections: () => Math.floor(passed() * connections),
    onGrowth: () => void noticed++,
    onError: (error) => assert.fail(String(error)),
  });
  await clock.advance(2_000 * seconds);
  guard.stop();
  return noticed;
}

Deno.test("memory that grows fast is noticed, what grows slowly or with connections is not", async () => {
  assert(await grow({ seconds: 3, mib: 1_000 }) > 0);
  assert.equal(await grow({ seconds: 600, mib: 10_000 }), 0);
  assert.equal(await grow({ seconds: 5, mib: 200 }), 0);
  assert.equal(await grow({ seconds: 5, mib: 400, connections: 15_000 }), 0);
});

Deno.test("when silence is looked for, mute connections go, and devices have to answer soon", async () => {
  using world = await GatewayWorld.open({ allowed: [CloseCode.noHello, CloseCode.noPong] });
  const greeted = async () => {
    const connection = world.accept({ jwt: world.token("ada") });
    connection.inbound.receive('{"type":"hello"}');
    await world.clock.advance(10);
    return connection;
  };
  const answers = await greeted();
  const answersNot = await greeted();
  const mute = world.accept();
  await world.clock.advance(1_100);
  const fresh = world.accept();

  world.gateway.probeSilentConnections();
  assert.equal(mute.transport.closed?.code, CloseCode.noHello);
  await world.clock.advance(200);
  assert.equal(messagesOf(answers.transport).at(-1)?.type, "ping");
  answers.inbound.receive('{"type":"pong"}');
  // Looked for again and again, nothing more is asked of those that have answered.
  world.gateway.probeSilentConnections();
  await world.clock.advance(200);
  const pings = messagesOf(answers.transport).filter(({ type }) => type === "ping");
  assert.equal(pings.length, 1);
  assert(fresh.transport.isOpen);
  await world.clock.advance(9_000);
  assert(answersNot.transport.isOpen);
  await world.clock.advance(1_000);
  assert.equal(answersNot.transport.closed?.code, CloseCode.noPong);
  assert(answers.transport.isOpen);
  answers.session.lost();
  fresh.session.lost();
  await world.end(["ada"]);
});
