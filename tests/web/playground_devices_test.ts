import assert from "node:assert/strict";
import { join } from "node:path";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { Playground, type PlaygroundDevice } from "../drivers/playground.ts";
import { TLS_FOLDER } from "../drivers/paths.ts";

const ignore = CHROMIUM === undefined;

/** Waits until the bell of a device has rung so often since {@link COUNT_RINGS}, and is still. */
async function rings(device: PlaygroundDevice, count: number): Promise<void> {
  await device.card.locator(`bellwire-bell[data-rung="${count}"]`).waitFor();
}

/** Runs in the page: counts how often each bell has rung to the end. */
const COUNT_RINGS = `for (const bell of document.querySelectorAll("bellwire-bell")) {
  bell.shadowRoot.addEventListener("animationend", ({ animationName }) => {
    if (animationName === "ring") bell.dataset.rung = Number(bell.dataset.rung ?? 0) + 1;
  });
}`;

Deno.test("publishing on the page rings both devices", { ignore }, async () => {
  await using playground = await Playground.live();
  const { page, service } = playground;
  await page.evaluate(COUNT_RINGS);
  await playground.publish({ Title: "Build finished", Body: "All green", Category: "builds" });
  for (const device of [playground.laptop, playground.phone]) {
    assert.deepEqual(await device.itemsOnce(1), [{ title: "Build finished", missed: false }]);
    assert.equal(await device.unread(), 1);
    await rings(device, 1);
    await device.card.getByText(`${device.name}: 1 new. Build finished`).waitFor();
    await device.card.getByText("All green").waitFor();
    await device.card.getByText("builds").waitFor();
  }
  const answers = page.getByRole("list", { name: "Answers, newest first" });
  await answers.getByText("#1 in user:ada").waitFor();

  const { id } = await service.published({ to: { user: "ada" }, title: "From another service" });
  for (const device of [playground.laptop, playground.phone]) {
    assert.equal((await device.itemsOnce(2))[0]?.title, "From another service");
    assert.equal(await device.unread(), 2);
    await rings(device, 2);
  }
  assert(!(await answers.textContent())?.includes(id));
});

Deno.test("nothing moves for who prefers it so", { ignore }, async () => {
  await using playground = await Playground.live({ context: { reducedMotion: "reduce" } });
  await playground.publish({ Title: "Build finished" });
  await playground.phone.itemsOnce(1);
  assert.equal(await playground.page.evaluate("document.getAnimations().length"), 0);
});

Deno.test(
  "who was offline gets the five it missed: in order, marked, none of them twice",
  { ignore },
  async () => {
    await using playground = await Playground.live();
    const { laptop, phone } = playground;
    await playground.publish({ Title: "Before" });
    await phone.itemsOnce(1);
    await phone.goOffline();
    await playground.publish({ Title: "Deploy" }, "Publish 5");

    const titles = ["Deploy 5", "Deploy 4", "Deploy 3", "Deploy 2", "Deploy 1", "Before"];
    const live = titles.map((title) => ({ title, missed: false }));
    assert.deepEqual(await laptop.itemsOnce(6), live);
    assert.equal((await phone.items()).length, 1);
    assert.equal(await phone.unread(), 1);

    await phone.goOnline();
    const missed = live.map(({ title }) => ({ title, missed: title !== "Before" }));
    assert.deepEqual(await phone.itemsOnce(6), missed);
    assert.equal(await phone.unread(), 6);

    await playground.publish({ Title: "After" });
    const after = { title: "After", missed: false };
    assert.deepEqual(await phone.itemsOnce(7), [after, ...missed]);
    assert.deepEqual(await laptop.itemsOnce(7), [after, ...live]);
  },
);

Deno.test(
  "after the service was killed and started again both devices are live and have kept all",
  { ignore },
  async () => {
    await using playground = await Playground.live();
    const { laptop, phone, page, service } = playground;
    await playground.publish({ Title: "Kept" }, "Publish 5");
    const kept = await laptop.itemsOnce(5);
    await phone.itemsOnce(5);

    await service.kill();
    await Promise.all([laptop.waitFor("Reconnecting"), phone.waitFor("Reconnecting")]);
    await playground.publish({ Title: "Lost" });
    await page.getByRole("alert").getByText("The service can't be reached").waitFor();

    await service.restart();
    await playground.bothLive();
    assert.deepEqual(await laptop.items(), kept);
    assert.deepEqual(await phone.items(), kept);
    await playground.publish({ Title: "After" });
    const after = { title: "After", missed: false };
    assert.deepEqual(await laptop.itemsOnce(6), [after, ...kept]);
    assert.deepEqual(await phone.itemsOnce(6), [after, ...kept]);
  },
);

Deno.test("a service that stops says so, and its devices come back", { ignore }, async () => {
  await using playground = await Playground.live();
  const { laptop, phone, service } = playground;
  await laptop.openLog();
  assert.equal(await service.stop(), 0);
  await laptop.waitFor("Reconnecting");
  const farewell = JSON.parse((await laptop.frames()).at(-1) ?? "");
  assert.equal(farewell.type, "disconnect");
  assert.equal(farewell.code, 4001);
  await service.restart();
  await playground.bothLive();
  await playground.publish({ Title: "Back" });
  await phone.itemsOnce(1);
});

Deno.test(
  "another notification with the same collapse key replaces the first",
  { ignore },
  async () => {
    await using playground = await Playground.live();
    const { laptop, phone } = playground;
    await playground.publish({ "Title": "1 of 3", "Collapse key": "deploy" });
    await laptop.itemsOnce(1);
    await phone.goOffline();
    await playground.publish({ Title: "2 of 3" });
    for (const device of [laptop, phone]) {
      if (device === phone) await phone.goOnline();
      await eventually(
        async () => (await device.items())[0]?.title === "2 of 3",
        "the second one",
      );
      assert.equal((await device.items()).length, 1);
      assert.equal(await device.unread(), 1);
    }
  },
);

Deno.test(
  "a notification is gone from the devices when its lifetime is over",
  { ignore },
  async () => {
    await using playground = await Playground.live();
    await playground.publish({ "Title": "Short-lived", "Lifetime (seconds)": "1" });
    await playground.page.getByText("#1 in user:ada").waitFor();
    for (const device of [playground.laptop, playground.phone]) {
      await device.itemsOnce(0);
      assert.equal(await device.unread(), 0);
    }
  },
);

Deno.test("the page works over https as well", { ignore }, async () => {
  await using playground = await Playground.live({
    env: {
      BELLWIRE_TLS_CERT: join(TLS_FOLDER, "cert.pem"),
      BELLWIRE_TLS_KEY: join(TLS_FOLDER, "key.pem"),
    },
    context: { ignoreHTTPSErrors: true },
  });
  assert.match(playground.page.url(), /^https:/);
  await playground.publish({ Title: "Encrypted" });
  await playground.laptop.itemsOnce(1);
  await playground.phone.itemsOnce(1);
});

Deno.test("the page shows another user's devices when it is told to", { ignore }, async () => {
  await using playground = await Playground.live();
  const { laptop, phone, page, service } = playground;
  await service.published({ to: { user: "grace" }, title: "For Grace" });
  await service.published({ to: { user: "ada" }, title: "For Ada" });
  await laptop.itemsOnce(1);

  await page.getByLabel("Signed in as").fill("grace");
  await page.getByRole("button", { name: "Switch" }).click();
  for (const device of [laptop, phone]) {
    await device.waitFor("Live");
    assert.deepEqual(await device.itemsOnce(1), [{ title: "For Grace", missed: false }]);
  }
  await playground.publish({ Title: "To Grace" });
  assert.equal((await laptop.itemsOnce(2))[0]?.title, "To Grace");

  await page.reload();
  await playground.bothLive();
  assert.equal((await laptop.itemsOnce(2))[0]?.title, "To Grace");
});

Deno.test("a device that the service won't have stops and says why", { ignore }, async () => {
  await using playground = await Playground.open({
    env: { BELLWIRE_MAX_CONNECTIONS_PER_USER: "1" },
  });
  const [first, second] = await eventually(async () => {
    const { laptop, phone } = playground;
    const stopped = await playground.page.locator(".device[data-state=closed]").count();
    if (stopped === 0) return undefined;
    const laptopStopped = await laptop.card.getAttribute("data-state") === "closed";
    return laptopStopped ? [phone, laptop] : [laptop, phone];
  }, "a stopped device");
  if (first === undefined || second === undefined) return assert.fail();
  await first.waitFor("Live");
  await second.card.getByText(/\(code 4504\)/).waitFor();
  await playground.expectMishap(/as many connections as are allowed \(too_many_connections\)/);
  await first.goOffline();
  await playground.service.connections(0);
  await second.retry();
  await second.waitFor("Live");
});
