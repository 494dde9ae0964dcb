// long: it waits for ends of connections
import assert from "node:assert/strict";
import type { z } from "zod";
import { serverMessages } from "../../src/gateway/protocol/server_message.ts";
import { DenokvServer } from "../drivers/denokv_server.ts";
import { findDenokv } from "../drivers/find_programs.ts";
import { Service } from "../drivers/service.ts";
import { Together } from "../drivers/together.ts";
import { sign } from "./credentials.ts";
import { documentedRules } from "./documented.ts";
import { messageSchemas } from "./message_schemas.ts";
import { line, play } from "./play.ts";
import { RULES } from "./rules.ts";
import { World } from "./world.ts";

const PROTOCOL = new URL("../../docs/protocol.md", import.meta.url);
const denokv = findDenokv();
/** Each of a run's rules that wait for a heartbeat wait shorter. */
const HEARTBEAT = { BELLWIRE_HEARTBEAT_MS: "1000", BELLWIRE_PONG_TIMEOUT_MS: "2000" };

async function conforms(service: Service, instances: readonly Service[]): Promise<void> {
  const { key, secret } = service;
  using world = new World(instances.map(({ url }) => url), {
    key,
    canForge: true,
    token: (user, claims = {}) => sign(user, { secret, claims }),
  });
  const outcomes = await play(RULES, world, { everyone: true });
  const failed = outcomes.filter(({ failure }) => failure !== undefined);
  assert.equal(failed.length, 0, `\n${failed.map(line).join("\n")}`);
  assert(outcomes.every(({ unchecked }) => unchecked === undefined));
  await isAsDocumented(world);
}

/** Compares all that was sent in a run with what the service says that it sends. */
async function isAsDocumented(world: World): Promise<void> {
  const schemas = messageSchemas((await world.call("GET", "/asyncapi.json")).body);
  const types = new Set<string>();
  for (const message of world.messages) {
    types.add(message.type);
    schemas.check(message);
    // What a schema does not know it leaves out.
    const schema: z.ZodType = serverMessages[message.type as keyof typeof serverMessages];
    assert.deepEqual(schema.parse(message), message);
  }
  assert.deepEqual([...types].sort(), Object.keys(serverMessages).sort());
}

Deno.test("every rule of the protocol that can be tried from outside is tried, and no other", async () => {
  const documented = documentedRules(await Deno.readTextFile(PROTOCOL));
  const ids = documented.map(({ id }) => id);
  assert(ids.length > 100);
  assert.equal(new Set(ids).size, ids.length, "a number is there twice");
  const tried = documented.filter(({ canBeTried }) => canBeTried).map(({ id }) => id);
  const order = (a: string, b: string) => ids.indexOf(a) - ids.indexOf(b);
  assert.deepEqual([...new Set(RULES.map(({ id }) => id))].sort(order), tried);
});

Deno.test("one instance on a file keeps the protocol", async () => {
  await using service = await Service.start({ env: HEARTBEAT });
  await conforms(service, [service]);
});

Deno.test({
  name: "three instances on a denokv server keep the protocol, whichever is talked to",
  ignore: denokv === undefined,
  async fn() {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 3, HEARTBEAT);
    const [first] = together.instances as [Service];
    await conforms(first, together.instances);
  },
});
