import assert from "node:assert/strict";
import { DenokvServer } from "../support/denokv_server.ts";
import { findDenokv } from "../support/find_programs.ts";
import { Service } from "../support/service.ts";
import { Together } from "../support/together.ts";
import { sign } from "./credentials.ts";
import { documentedRules } from "./documented.ts";
import { line, play } from "./play.ts";
import { RULES } from "./rules.ts";
import { World } from "./world.ts";

const PROTOCOL = new URL("../../docs/protocol.md", import.meta.url);
const denokv = findDenokv();
/** Each of a run's rules that wait for a heartbeat wait shorter. */
const HEARTBEAT = { BELLWIRE_HEARTBEAT_MS: "1000", BELLWIRE_PONG_TIMEOUT_MS: "2000" };
/** Their mechanism is being built. */
const NOT_YET = /^(X-|L-|K-8|K-9)/;

async function conforms(service: Service, instances: readonly Service[]): Promise<void> {
  const { key, secret } = service;
  using world = new World(instances.map(({ url }) => url), {
    key,
    canForge: true,
    token: (user, claims = {}) => sign(user, { secret, claims }),
  });
  const rules = RULES.filter(({ id }) => !NOT_YET.test(id));
  const outcomes = await play(rules, world, { everyone: true });
  const failed = outcomes.filter(({ failure }) => failure !== undefined);
  assert.equal(failed.length, 0, `\n${failed.map(line).join("\n")}`);
  assert(outcomes.every(({ unchecked }) => unchecked === undefined));
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
