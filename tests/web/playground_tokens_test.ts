import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { Playground, type PlaygroundDevice } from "../drivers/playground.ts";

const ignore = CHROMIUM === undefined;
const HOUR_MS = 3_600_000;

/** The messages in the wire log, which has to be open, oldest first. */
async function messages(
  device: PlaygroundDevice,
  type: string,
): Promise<{ type: string; code?: number }[]> {
  const all = (await device.frames()).flatMap((frame) => JSON.parse(frame));
  return all.filter((message) => message.type === type);
}

Deno.test("a token is renewed on the live connection before it expires", { ignore }, async () => {
  // Nothing but the renewal is to be due when the page's clock is put forward.
  await using playground = await Playground.open({
    env: { BELLWIRE_HEARTBEAT_MS: String(HOUR_MS) },
    clock: true,
  });
  await playground.bothLive();
  const { laptop, page } = playground;
  await laptop.openLog();
  for (const minutes of [45, 12]) {
    const before = (await messages(laptop, "ok")).length;
    await page.clock.fastForward(minutes * 60_000);
    await eventually(
      async () => (await messages(laptop, "ok")).length === before + 1,
      "a renewal",
    );
  }
  assert.equal((await messages(laptop, "refresh")).length, 2);
  assert.equal((await messages(laptop, "welcome")).length, 1);
  await laptop.waitFor("Live");
  const log = (await laptop.frames()).join();
  assert(log.includes('"token":"…"') && !log.includes("eyJ"), "the log shows a token");
});

Deno.test(
  "a device whose token could not be renewed comes back with another",
  { ignore },
  async () => {
    await using playground = await Playground.live({ env: { BELLWIRE_MAX_TOKEN_LIFETIME: "2s" } });
    const { laptop, page } = playground;
    await laptop.openLog();
    await page.route("**/dev/credentials?*", (route) => route.abort());
    await eventually(
      async () => (await messages(laptop, "disconnect")).at(-1)?.code === 4003,
      "the end of the token",
    );
    await laptop.waitFor("Reconnecting");
    const welcomes = (await messages(laptop, "welcome")).length;
    await page.unroute("**/dev/credentials?*");
    await eventually(
      async () => (await messages(laptop, "welcome")).length > welcomes,
      "another welcome",
    );
  },
);
