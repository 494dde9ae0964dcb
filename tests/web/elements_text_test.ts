import assert from "node:assert/strict";
import { violations } from "../drivers/axe.ts";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { openElementPage } from "../drivers/element_page.ts";
import type { Service } from "../drivers/service.ts";

const ignore = CHROMIUM === undefined;
const INBOX = `<main><h1>An app</h1><bellwire-inbox token-url="/token"></bellwire-inbox></main>`;
const LINES = ["Dear Ada,", "", "all is well:", "214 checks passed", "0 failed", "Yours"];

async function publishHundred(service: Service): Promise<void> {
  const notifications = Array.from({ length: 100 }, (_, i) => ({
    to: { user: "ada" },
    title: `Number ${i}`,
  }));
  const answer = await service.fetch("/v1/notifications/batch", {
    method: "POST",
    headers: { authorization: `Bearer ${service.key}`, "content-type": "application/json" },
    body: JSON.stringify({ notifications }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

for (const width of [320, 390, 1280]) {
  for (const dir of ["ltr", "rtl"]) {
    Deno.test(
      `"99+" does not reach beyond a page ${width} pixels wide, of direction ${dir}`,
      { ignore },
      async () => {
        await using app = await openElementPage({
          html: `lang="en" dir="${dir}"`,
          context: { viewport: { width, height: 700 } },
          before: publishHundred,
          // At the very edge of the page.
          script: `document.body.style.paddingInline = 0;`,
        });
        const { page } = app;
        const badge = page.locator("bellwire-bell [part=badge]");
        await badge.getByText("99+").waitFor();
        await page.locator("bellwire-bell").getByRole("button").first().click();
        await page.getByRole("dialog").getByRole("listitem").first().waitFor();
        const count = page.getByRole("dialog").locator(".count");
        for (const part of [badge, count]) {
          const { x = -1, width: itsWidth = 0 } = await part.boundingBox() ?? {};
          assert(x >= 0 && x + itsWidth <= width, `from ${x} to ${x + itsWidth}`);
        }
        assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
      },
    );
  }
}

Deno.test("a body keeps its lines, and all of it can be read with the keyboard", {
  ignore,
}, async () => {
  await using app = await openElementPage({ body: INBOX });
  const { page } = app;
  await app.publish({ title: "Short", body: "All green" });
  await app.publish({ title: "Long", body: LINES.join("\n") });
  const row = page.locator("bellwire-inbox").getByRole("listitem").filter({ hasText: "Long" });
  const more = row.getByRole("button", { name: "Show more" });
  await more.waitFor();
  const body = row.locator("[part=body]");
  // As it is drawn: a line that collapses is none.
  assert.equal(await body.innerText(), LINES.join("\n"));
  const cutOff = () => body.evaluate((it) => it.scrollHeight > it.clientHeight + 1);
  assert.equal(await cutOff(), true);
  assert.equal(await more.getAttribute("aria-expanded"), "false");
  assert.equal(await more.getAttribute("aria-controls"), await body.getAttribute("id"));
  assert.deepEqual(await violations(page), []);
  await row.locator("[part=title]").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const less = row.getByRole("button", { name: "Show less" });
  await less.waitFor();
  assert.equal(await less.getAttribute("aria-expanded"), "true");
  assert.equal(await cutOff(), false);
  assert.deepEqual(await violations(page), []);
  // To unfold is not to open.
  assert.equal((await app.service.inbox("ada"))[0]?.read, false);
  await page.keyboard.press("Enter");
  await more.waitFor();
  assert.equal(await cutOff(), true);
  const short = page.locator("bellwire-inbox").getByRole("listitem").filter({ hasText: "Short" });
  assert.equal(await short.getByRole("button", { name: "Show more" }).isVisible(), false);
});

Deno.test("whether a body is cut off is found out again when the window changes", {
  ignore,
}, async () => {
  await using app = await openElementPage({
    body: INBOX,
    context: { viewport: { width: 1000, height: 700 } },
  });
  const { page } = app;
  await app.publish({ title: "Medium", body: "a word and another one ".repeat(5) });
  const row = page.locator("bellwire-inbox").getByRole("listitem");
  await row.waitFor();
  const more = row.getByRole("button", { name: "Show more" });
  assert.equal(await more.isVisible(), false);
  await page.setViewportSize({ width: 320, height: 700 });
  await more.waitFor();
  await page.setViewportSize({ width: 1000, height: 700 });
  await more.waitFor({ state: "hidden" });
});

Deno.test("at 200 % zoom nothing of the inbox is cut off", { ignore }, async () => {
  await using app = await openElementPage({
    // A window of 1280 × 1024 pixels.
    context: { viewport: { width: 640, height: 512 }, deviceScaleFactor: 2 },
    before: publishHundred,
  });
  const { page } = app;
  await page.locator("bellwire-bell").getByRole("button").first().click();
  await page.getByRole("dialog").getByRole("listitem").first().waitFor();
  await eventually(
    async () => {
      const { x = 0, y = 0, width = 0, height = 0 } =
        await page.getByRole("dialog").boundingBox() ?? {};
      return x >= 0 && y >= 0 && x + width <= 640 && y + height <= 512;
    },
    "the popover to be within the window",
  );
});

for (const hours of [-3, 3]) {
  Deno.test(`on a device whose clock is ${hours} hours off, what has just come is told so`, {
    ignore,
  }, async () => {
    await using app = await openElementPage({ body: INBOX });
    const { page } = app;
    await app.publish({ title: "Before" });
    await page.clock.install({ time: Date.now() + hours * 3_600_000 });
    await page.reload();
    await app.publish({ title: "After" });
    const row = page.locator("bellwire-inbox").getByRole("listitem");
    for (const title of ["Before", "After"]) {
      await row.filter({ hasText: title }).getByText("just now").waitFor();
    }
  });
}
