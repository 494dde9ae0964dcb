// alone: its slow client has to be parked before a pong is due.
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import type { Service } from "../../drivers/service.ts";
import { Together } from "../../drivers/together.ts";
import { badClients } from "./scenarios/bad_clients.ts";
import { leaks } from "./scenarios/leaks.ts";
import { publishing } from "./scenarios/publishing.ts";
import { recovery } from "./scenarios/recovery.ts";
import { ENVIRONMENT } from "./scenarios/scenario.ts";
import { tokens } from "./scenarios/tokens.ts";

const denokv = findDenokv();
const PROGRAM = "tests/drivers/collecting_service.ts";

Deno.test({
  name: "what Centrifuge's stress suite asks for holds on two instances over denokv",
  ignore: denokv === undefined,
  async fn(t) {
    await using server = await DenokvServer.start(denokv as string);
    await using together = await Together.start(server, 2, ENVIRONMENT, { program: PROGRAM });
    const [left, right] = together.instances as [Service, Service];
    const stage = { server, left, right };
    for (const { name, play } of [...recovery, ...publishing, ...badClients, ...tokens, ...leaks]) {
      await t.step(name, () => play(stage));
    }
  },
});
