import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { Playground } from "../drivers/playground.ts";

const ignore = CHROMIUM === undefined;
/** The page is silent for so long at most, until a device finds its connection dead. */
const SILENCE_MS = 41_000;

Deno.test(
  "a device whose connection is killed says so, comes back and catches up in order",
  { ignore },
  async () => {
    await using playground = await Playground.live({ clock: true });
    const { laptop, phone, page, service } = playground;
    const publish = (title: string) => service.published({ to: { user: "ada" }, title });
    await publish("Before");
    await phone.itemsOnce(1);
    // As long as the page's time stands still it can't come back.
    await page.clock.pauseAt(Date.now() + 1_000);
    await phone.kill();
    await phone.waitFor("Reconnecting");
    await phone.card.getByText(/^The connection broke – next attempt/).waitFor();
    for (const title of ["One", "Two", "Three"]) await publish(title);
    await laptop.itemsOnce(4);
    assert.deepEqual(await phone.items(), [{ title: "Before", missed: false }]);
    await page.clock.resume();
    await phone.waitFor("Live");
    const shown = (missed: boolean) => [
      ...["Three", "Two", "One"].map((title) => ({ title, missed })),
      { title: "Before", missed: false },
    ];
    assert.deepEqual(await phone.itemsOnce(4), shown(true));
    assert.deepEqual(await laptop.items(), shown(false));
    await phone.card.getByText("3 missed").waitFor();
    await laptop.waitFor("Live");
  },
);

Deno.test(
  "a stalled connection is noticed by its silence, and what it swallowed comes after all",
  { ignore },
  async () => {
    await using playground = await Playground.live({ clock: true });
    const { laptop, phone, page, service } = playground;
    await phone.card.getByRole("button", { name: "Stall" }).click();
    await service.published({ to: { user: "ada" }, title: "Swallowed" });
    await laptop.itemsOnce(1);
    await phone.waitFor("Live");
    assert.deepEqual(await phone.items(), []);
    await page.clock.fastForward(SILENCE_MS);
    await phone.itemsOnce(1);
    // What was missed is told once all of it is there.
    await playground.bothLive();
    assert.deepEqual(await phone.items(), [{ title: "Swallowed", missed: true }]);
    await phone.openLog();
    await phone.card.getByText("Connection stalled").waitFor();
  },
);

Deno.test(
  "who is off the network and back has lost a stalled connection too",
  { ignore },
  async () => {
    await using playground = await Playground.live();
    const { laptop, phone, service } = playground;
    await phone.card.getByRole("button", { name: "Stall" }).click();
    await service.published({ to: { user: "ada" }, title: "Swallowed" });
    await laptop.itemsOnce(1);
    await phone.goOffline();
    await service.connections(1);
    await phone.goOnline();
    assert.deepEqual(await phone.itemsOnce(1), [{ title: "Swallowed", missed: true }]);
  },
);

Deno.test(
  "what is marked offline shows at once, and reaches the others on return",
  { ignore },
  async () => {
    await using playground = await Playground.live();
    const { laptop, phone } = playground;
    await playground.publish({ Title: "To be read" });
    await laptop.itemsOnce(1);
    await phone.itemsOnce(1);
    await phone.goOffline();
    await phone.row("To be read").hover();
    await phone.row("To be read").getByRole("button", { name: "Mark as read" }).click();
    await eventually(async () => await phone.unread() === 0, "the phone to show it as read");
    assert.equal(await laptop.unread(), 1);
    await phone.goOnline();
    await eventually(async () => await laptop.unread() === 0, "the laptop to hear of it");
  },
);

Deno.test(
  "a device that is offline gets out in no way, however often it tries",
  { ignore },
  async () => {
    await using playground = await Playground.live({ clock: true });
    const { laptop, phone, page, service } = playground;
    await phone.openLog();
    await phone.goOffline();
    await service.connections(1);
    const frames = (await phone.frames()).length;
    for (let i = 1; i <= 3; i++) {
      await page.clock.fastForward(20_000);
      await service.published({ to: { user: "ada" }, title: `Unreachable ${i}` });
      await laptop.itemsOnce(i);
    }
    assert.deepEqual(await phone.items(), []);
    assert.equal((await phone.frames()).length, frames);
    assert.equal(await service.metric("bellwire_connections"), 1);
    await phone.goOnline();
    const titles = (await phone.itemsOnce(3)).map(({ title }) => title);
    assert.deepEqual(titles, ["Unreachable 3", "Unreachable 2", "Unreachable 1"]);
  },
);

/** Runs before the page's own scripts: as behind a proxy that lets no WebSocket through. */
const NO_SOCKETS = `globalThis.WebSocket = class {
  constructor() { queueMicrotask(() => this.onerror?.(new Event("error"))); }
  close() {}
}`;

Deno.test(
  "where sockets are blocked, server-sent events are seen and can fail too",
  { ignore },
  async () => {
    await using playground = await Playground.open();
    const { laptop, phone, page, service } = playground;
    await page.addInitScript(NO_SOCKETS);
    await page.reload();
    await playground.bothLive();
    await laptop.openLog();
    await service.published({ to: { user: "ada" }, title: "By events" });
    await laptop.itemsOnce(1);
    const types = (await laptop.frames()).map((frame) => JSON.parse(frame).type);
    assert.equal(types[0], "welcome");
    assert(types.includes("notification"), types.join());
    await laptop.card.getByText("GET /v1/stream: 200").waitFor();
    await phone.goOffline();
    await service.connections(1);
    await service.published({ to: { user: "ada" }, title: "Missed" });
    await laptop.itemsOnce(2);
    assert.equal((await phone.items()).length, 1);
    await phone.goOnline();
    assert.deepEqual((await phone.itemsOnce(2))[0], { title: "Missed", missed: true });
  },
);

Deno.test("devices can be added and removed", { ignore }, async () => {
  await using playground = await Playground.live();
  const { page, service } = playground;
  await playground.publish({ Title: "Early" });
  await page.getByRole("button", { name: "+ Laptop" }).click();
  await page.getByRole("button", { name: "+ Phone" }).click();
  await service.connections(4);
  await playground.publish({ Title: "Late" });
  for (const name of ["Laptop", "Phone", "Laptop 2", "Phone 2"]) {
    const shown = await playground.device(name).itemsOnce(2);
    assert.deepEqual(shown.map(({ title }) => title), ["Late", "Early"], name);
  }
  await page.getByRole("button", { name: "Remove: Laptop 2" }).click();
  await service.connections(3);
  assert.equal(await playground.device("Laptop 2").card.count(), 0);
  await playground.publish({ Title: "Later" });
  await playground.device("Phone 2").itemsOnce(3);
});
