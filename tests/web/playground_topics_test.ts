import { CHROMIUM } from "../drivers/chromium.ts";
import { Playground } from "../drivers/playground.ts";

const ignore = CHROMIUM === undefined;

Deno.test("the page joins a topic, shows what comes from it and from everyone, and leaves it", {
  ignore,
}, async () => {
  await using playground = await Playground.live();
  const { laptop, phone, page } = playground;
  const topics = page.getByRole("form", { name: "Topics" });
  await topics.getByRole("button", { name: "Join" }).click();
  const cards = [laptop.card, phone.card];
  await laptop.openLog();
  await laptop.card.getByText(/"op":"join"/).first().waitFor();
  await page.getByLabel("To", { exact: true }).selectOption("topic");
  await playground.publish({ Title: "Release", Recipient: "news" });
  for (const card of cards) await card.getByText("Release", { exact: true }).waitFor();
  await page.getByLabel("To", { exact: true }).selectOption("everyone");
  await playground.publish({ Title: "Maintenance" });
  for (const card of cards) await card.getByText("Maintenance", { exact: true }).waitFor();
  await laptop.row("Release").hover();
  await laptop.row("Release").getByRole("button", { name: "Mark as read" }).click();
  await phone.row("Release").hover();
  await phone.row("Release").getByRole("button", { name: "Mark as unread" }).waitFor();
  await laptop.kill();
  await laptop.waitFor("Live");
  await topics.getByRole("button", { name: "Leave" }).click();
  for (const card of cards) {
    await card.getByText("Release", { exact: true }).waitFor({ state: "detached" });
    await card.getByText("Maintenance", { exact: true }).waitFor();
  }
});
