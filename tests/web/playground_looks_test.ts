import assert from "node:assert/strict";
import { violations } from "../drivers/axe.ts";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { Playground } from "../drivers/playground.ts";

const ignore = CHROMIUM === undefined;

/** Fills the page with all that it can show, and opens what is closed. */
async function fillPage(playground: Playground): Promise<void> {
  const { laptop, phone, page } = playground;
  await phone.goOffline();
  for (const name of ["Invoice", "Photo", "Incident"]) {
    await page.getByRole("button", { name, exact: true }).click();
    await playground.publish({});
  }
  await laptop.itemsOnce(3);
  await phone.goOnline();
  await phone.card.getByText("3 missed").waitFor();
  await laptop.openLog();
  await laptop.card.locator(".entry summary").first().click();
  await laptop.row("Checkout errors").getByRole("button", { name: "Acknowledge" }).click();
  await laptop.card.getByText(/Your app hears: action “acknowledge”/).waitFor();
  for (const closed of await page.locator(".publish details:not([open]) summary").all()) {
    await closed.click();
  }
  await playground.publish({ Link: "javascript:alert(1)" });
  await page.getByRole("alert").getByText(/^url/).waitFor();
}

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(
    `a scan for accessibility finds nothing in the playground, in ${colorScheme}`,
    { ignore },
    async () => {
      await using playground = await Playground.live({
        context: { colorScheme, reducedMotion: "reduce", viewport: { width: 1440, height: 900 } },
      });
      const { phone, page } = playground;
      assert.deepEqual(await violations(page), []);
      await fillPage(playground);
      assert.deepEqual(await violations(page), []);
      await phone.bell.click();
      await page.getByRole("dialog").getByRole("listitem").first().waitFor();
      assert.deepEqual(await violations(page), []);
      await page.keyboard.press("Escape");
      await phone.goOffline();
      assert.deepEqual(await violations(page), []);
    },
  );
}

Deno.test("nothing has to be scrolled sideways, from 360 to 1600 pixels", { ignore }, async () => {
  await using playground = await Playground.live();
  const { page } = playground;
  await fillPage(playground);
  for (const width of [360, 390, 768, 1100, 1440, 1600]) {
    await page.setViewportSize({ width, height: 844 });
    const sideways = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    assert.equal(sideways, 0, `at ${width} pixels`);
  }
});

Deno.test(
  "the page and the elements are as light or dark as the system, unless told otherwise",
  { ignore },
  async () => {
    await using playground = await Playground.live({ context: { colorScheme: "dark" } });
    const { laptop, page } = playground;
    /** Whether the text is lighter than what it stands on: of the page, and of an element. */
    const isDark = () =>
      laptop.card.evaluate((card) => {
        const { getComputedStyle } = globalThis as unknown as {
          getComputedStyle: (of: unknown) => { color: string };
        };
        const lightness = (of: unknown) =>
          Number(/\d+/.exec(getComputedStyle(of).color)?.[0]) > 127;
        return [lightness(card), lightness(card.querySelector("bellwire-inbox"))];
      });
    const colours = page.getByRole("group", { name: "Colours" });
    assert.deepEqual(await isDark(), [true, true]);
    await colours.getByRole("radio", { name: "Light" }).check();
    assert.deepEqual(await isDark(), [false, false]);
    await page.reload();
    await playground.bothLive();
    assert.deepEqual(await isDark(), [false, false]);
    await colours.getByRole("radio", { name: "As the system" }).check();
    assert.deepEqual(await isDark(), [true, true]);
    await page.emulateMedia({ colorScheme: "light" });
    assert.deepEqual(await isDark(), [false, false]);
    await colours.getByRole("radio", { name: "Dark" }).check();
    assert.deepEqual(await isDark(), [true, true]);
  },
);

/** The accessible name of what has the focus. */
const FOCUSED = `document.activeElement.ariaLabel ?? document.activeElement.textContent`;

Deno.test("the playground can be used with the keyboard alone", { ignore }, async () => {
  await using playground = await Playground.live();
  const { laptop, page } = playground;
  const { keyboard } = page;
  await page.getByLabel("Title", { exact: true }).focus();
  await keyboard.press("Enter");
  await laptop.itemsOnce(1);
  const reach = (name: string) =>
    eventually(async () => {
      await keyboard.press("Tab");
      return await page.evaluate(FOCUSED) === name;
    }, `the focus to reach ${name}`);
  await reach("Status: #1 in user:ada");
  await keyboard.press("Enter");
  await page.getByText("sent · #1 in user:ada unread").waitFor();
  await reach("Go offline: Laptop");
  await keyboard.press("Space");
  await laptop.waitFor("Offline");
  assert.equal(await page.evaluate(FOCUSED), "Go online: Laptop");
  await keyboard.press("Space");
  await laptop.waitFor("Live");
  await reach("Remove: Phone");
  await keyboard.press("Enter");
  assert.equal(await page.evaluate(FOCUSED), "+ Laptop");
  assert.equal(await playground.phone.card.count(), 0);
});
