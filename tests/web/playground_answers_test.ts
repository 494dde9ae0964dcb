import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { CHROMIUM } from "../drivers/chromium.ts";
import { Playground } from "../drivers/playground.ts";

const ignore = CHROMIUM === undefined;

function answersOf({ page }: Playground): Locator {
  return page.getByRole("list", { name: "Answers, newest first" }).getByRole("listitem");
}

Deno.test(
  "what was published is looked up and taken back from every device on the page",
  { ignore },
  async () => {
    await using playground = await Playground.live();
    const { laptop, phone } = playground;
    await playground.publish({ Title: "A mistake" });
    await laptop.itemsOnce(1);
    await phone.itemsOnce(1);
    const answer = answersOf(playground).first();
    await answer.getByRole("button", { name: "Status: #1 in user:ada" }).click();
    await answer.getByText("sent · #1 in user:ada unread").waitFor();
    await phone.row("A mistake").getByRole("button", { name: "A mistake" }).click();
    await phone.card.getByText("Your app hears: opened “A mistake”").waitFor();
    await laptop.row("A mistake").locator(".unread").waitFor({ state: "detached" });
    await answer.getByRole("button", { name: "Status" }).click();
    await answer.getByText("sent · #1 in user:ada read").waitFor();

    await answer.getByRole("button", { name: "Recall" }).click();
    await answer.getByText("Recalled").waitFor();
    await laptop.itemsOnce(0);
    await phone.itemsOnce(0);
    await answer.getByRole("button", { name: "Status" }).click();
    await answer.getByText("recalled · #1 in user:ada gone").waitFor();
  },
);

Deno.test("a scheduled one can be cancelled", { ignore }, async () => {
  await using playground = await Playground.live();
  await playground.publish({ "Title": "Later", "Send in (seconds)": "3600" });
  const answer = answersOf(playground).first();
  await answer.getByText(/^scheduled for/).waitFor();
  await answer.getByRole("button", { name: "Status" }).click();
  await answer.getByText(/^scheduled for .* · user:ada$/).waitFor();
  await answer.getByRole("button", { name: "Recall" }).click();
  await answer.getByText("Recalled").waitFor();
  await answer.getByRole("button", { name: "Status" }).click();
  await answer.getByText(/^recalled/).waitFor();
});

Deno.test("any notification can be looked up by its id", { ignore }, async () => {
  await using playground = await Playground.live();
  const { page, service } = playground;
  const { id } = await service.published({ to: { users: ["ada", "grace"] }, title: "Elsewhere" });
  await page.getByLabel("Id of a notification").fill(id);
  await page.getByRole("button", { name: "Look up" }).click();
  const answers = answersOf(playground);
  await answers.getByText("sent · #1 in user:ada unread · #1 in user:grace unread").waitFor();
  await page.getByLabel("Id of a notification").fill("no-such-id");
  await page.getByRole("button", { name: "Look up" }).click();
  await answers.first().getByText("no-such-id").waitFor();
  await answers.first().locator(".answer-told:not(:empty)").waitFor();
  assert.equal(await answers.count(), 2);
});

Deno.test("with one key it is published once, however often it is posted", { ignore }, async () => {
  await using playground = await Playground.live();
  const { laptop, page } = playground;
  await playground.publish({ "Title": "Once", "Idempotency key": "key-of-the-test" });
  await laptop.itemsOnce(1);
  await playground.publish({});
  await answersOf(playground).nth(1).waitFor();
  await answersOf(playground).first().getByText("replayed").waitFor();
  assert.equal(await answersOf(playground).getByText("#1 in user:ada").count(), 2);
  await playground.publish({ Title: "Another" });
  await page.getByRole("alert").getByText(/\bkey\b/i).first().waitFor();
  assert.equal((await laptop.items()).length, 1);
});
