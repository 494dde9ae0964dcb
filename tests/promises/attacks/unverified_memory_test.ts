import assert from "node:assert/strict";
import { eventually } from "../../drivers/deadline.ts";
import { HostilePeer } from "../../drivers/hostile_peer.ts";
import { Issuer, makeKey } from "../../drivers/issuer.ts";
import { Service } from "../../drivers/service.ts";

const MIB = 1024 * 1024;
/** A third of this is what an idle service needs. */
const SMALL_HEAP = { DENO_V8_FLAGS: "--max-old-space-size=160" };
/** 60 KB that take more than a megabyte once they are parsed. */
const BLOATED = `{"type":"publish","topic":"news","title":"x","zz":[${
  Array.from({ length: 20_000 }, () => "{}").join(",")
}]}`;
const HELLO = '{"type":"hello","token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.AAAA"}';
const FRAMES = 40;

/** Says hello, and at once so much that it would take 50 MB if it were kept parsed. */
async function flood(peer: HostilePeer, hello: string): Promise<void> {
  await peer.send(hello);
  for (let i = 0; i < FRAMES && await peer.send(BLOATED, 1_000); i++);
}

async function heapBelow(service: Service, bytes: number, what: string): Promise<void> {
  let heap = NaN;
  await eventually(
    async () => {
      heap = await service.metric("bellwire_heap_used_bytes");
      return heap < bytes;
    },
    () => `the heap below ${bytes / MIB} MiB ${what}; it has ${heap / MIB} MiB`,
    60_000,
  );
}

async function stillServes(service: Service): Promise<void> {
  const { id } = await service.published({ to: { user: "ada" }, title: "Still here" });
  assert.equal((await service.inbox("ada"))[0]?.id, id);
  assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
}

Deno.test("floods behind a bad token, of peers that ignore the close, leave nothing behind", async () => {
  await using service = await Service.start({ env: SMALL_HEAP });
  await stillServes(service);
  const before = await service.metric("bellwire_heap_used_bytes");
  using peers = new DisposableStack();
  const count = 80;
  for (let i = 0; i < count; i++) {
    await flood(peers.use(await HostilePeer.connect(service.url)), HELLO);
  }
  await service.connections(0);
  await heapBelow(service, before + count * 64 * 1024 + 16 * MIB, "with lingering connections");
  await stillServes(service);
});

/** An issuer that answers only once it is told to, and a token of its that has to wait for that. */
async function slowIssuer() {
  const issuer = new Issuer();
  const answered = Promise.withResolvers<void>();
  issuer.answer = () => answered.promise.then(() => Response.json({ keys: [] }));
  const token = await issuer.issue("ada", await makeKey("RS256", "unknown"));
  const env = {
    BELLWIRE_JWKS_URL: issuer.url,
    BELLWIRE_JWT_ISSUER: issuer.name,
    BELLWIRE_JWT_AUDIENCE: issuer.audience,
  };
  return {
    token,
    env,
    answer: () => answered.resolve(),
    async [Symbol.asyncDispose]() {
      answered.resolve();
      await issuer.goAway();
    },
  };
}

Deno.test("floods behind a token that a slow issuer has to check are bounded in bytes", async () => {
  await using issuer = await slowIssuer();
  await using service = await Service.start({ env: { ...SMALL_HEAP, ...issuer.env } });
  using peers = new DisposableStack();
  const hello = JSON.stringify({ type: "hello", token: issuer.token });
  for (let i = 0; i < 20; i++) {
    await flood(peers.use(await HostilePeer.connect(service.url)), hello);
  }
  const held = await service.metric("bellwire_heap_used_bytes");
  assert(held < 120 * MIB, `${held / MIB} MiB`);
  issuer.answer();
  await service.connections(0);
});
