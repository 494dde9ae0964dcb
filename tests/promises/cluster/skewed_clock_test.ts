// long: it waits for what expires
import assert from "node:assert/strict";
import { eventually } from "../../drivers/deadline.ts";
import { DenokvServer } from "../../drivers/denokv_server.ts";
import { Device } from "../../drivers/device.ts";
import { findDenokv } from "../../drivers/find_programs.ts";
import type { Service } from "../../drivers/service.ts";
import { Together } from "../../drivers/together.ts";

const denokv = findDenokv();
const FIVE_MINUTES_MS = 300_000;
/** What a clock that is compared in whole seconds may still be wrong by. */
const NEAR_MS = 500;

const rfc3339 = (time: number) => new Date(time).toISOString();

for (
  const { name, clocksAheadMs } of [
    { name: "one of two", clocksAheadMs: [0, FIVE_MINUTES_MS] },
    { name: "one of three", clocksAheadMs: [0, -FIVE_MINUTES_MS, 0] },
  ]
) {
  Deno.test({
    name: `a clock that is wrong by five minutes on ${name} instances changes nothing`,
    ignore: denokv === undefined,
    async fn(t) {
      await using server = await DenokvServer.start(denokv as string);
      await using together = await Together.start(server, clocksAheadMs.length, {}, {
        clocksAheadMs,
      });
      const { instances } = together;
      const [right, wrong] = instances as [Service, Service];
      await using open = new AsyncDisposableStack();
      const devices: Device[] = [];
      for (const service of instances) devices.push(open.use(await Device.connect(service, "ada")));

      await t.step(
        "what expires does so everywhere, when it says, wherever it was published",
        async () => {
          const expiresAt = rfc3339(Date.now() + 10_000);
          for (const service of [right, wrong]) {
            const before = Date.now();
            await service.published({ to: { user: "ada" }, title: "A time", expiresAt });
            await service.published({ to: { user: "ada" }, title: "A while", ttl: 3 });
            await service.published({ to: { user: "ada" }, title: "Stays", ttl: 600 });
            const [newest] = await service.inbox("ada");
            assert(newest !== undefined);
            const publishedAt = Date.parse(String(newest["publishedAt"]));
            assert(publishedAt > before - NEAR_MS && publishedAt < Date.now() + NEAR_MS);
          }
          await Promise.all(devices.map(async (device) => {
            await device.reaches(6);
            const ends = new Map(
              device.items.map(({ seq, expiresAt }) => [seq, String(expiresAt)]),
            );
            for (const seq of [1, 2, 4, 5]) {
              await device.until(() => !device.items.some((item) => item.seq === seq), `no ${seq}`);
              assert(Date.now() > Date.parse(ends.get(seq) ?? "") - NEAR_MS, `${seq} is early`);
            }
            assert.deepEqual(device.items.map(({ seq }) => seq), [6, 3]);
          }));
        },
      );

      await t.step("tokens are good for as long as they say", async () => {
        const day = 86_400;
        for (const ttl of [60, 30 * day]) {
          await using device = await Device.connect(wrong, "bob", { wishes: { ttl } });
          assert(device.isOpen);
        }
        const claims = { nbf: Math.floor(Date.now() / 1_000) - 1 };
        await using device = await Device.connect(wrong, "bob", { wishes: { claims } });
        assert(device.isOpen);
        const stale = await wrong.token("bob", { ttl: -60 });
        const answer = await wrong.fetch("/v1/inbox", {
          headers: { authorization: `Bearer ${stale}` },
        });
        assert.equal((await answer.json()).code, "token_expired");
      });

      await t.step("a repeat is one wherever it comes", async () => {
        const headers = { "idempotency-key": "once" };
        const body = { to: { user: "grace" }, title: "Once" };
        const { id } = await wrong.published(body, headers);
        assert.equal((await right.published(body, headers)).id, id);
      });

      await t.step(
        "every instance knows who is where, also after kill -9 of the wrong one",
        async () => {
          for (const service of instances) {
            assert.deepEqual(await service.presence("ada"), {
              online: true,
              instances: instances.length,
            });
          }
          await wrong.kill();
          await eventually(
            async () => (await right.presence("ada")).instances === instances.length - 1,
            "the wrong one to be given up",
          );
        },
      );
    },
  });
}
