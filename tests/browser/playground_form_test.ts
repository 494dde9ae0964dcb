import assert from "node:assert/strict";
import { CHROMIUM } from "../support/chromium.ts";
import { Playground } from "../support/playground.ts";

const ignore = CHROMIUM === undefined;

/** What a shell makes of a command that calls curl: the arguments that curl would get. */
async function argumentsOfCurl(command: string): Promise<string[]> {
  const shell = new Deno.Command("sh", {
    args: ["-c", `curl() { printf '%s\\0' "$@"; }\n${command}`],
  });
  const { stdout, success } = await shell.output();
  assert(success);
  return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
}

Deno.test("the command that the page offers publishes the same", { ignore }, async () => {
  await using playground = await Playground.live({
    context: { permissions: ["clipboard-read", "clipboard-write"] },
  });
  const { laptop, page, service } = playground;
  const title = `It's "done" \\ $HOME \`id\` <b> 🔔`;
  await playground.fill({ "Title": title, "Priority": "high", "Collapse key": "it's" });
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const command = await page.evaluate<string>("navigator.clipboard.readText()");
  const shown = page.getByRole("region", { name: "Publish" }).locator(".curl");
  assert.equal(command, await shown.textContent());

  const [h, header = "", d, body = "", url = "", ...more] = await argumentsOfCurl(command);
  assert.deepEqual([h, d, more], ["-H", "-d", []]);
  assert.equal(url, `${service.url}/v1/notifications`);
  const [name = "", value = ""] = header.split(": ");
  const answer = await service.fetch("/v1/notifications", {
    method: "POST",
    // What curl says of a body that comes with -d.
    headers: { [name]: value, "content-type": "application/x-www-form-urlencoded" },
    body,
  });
  assert.equal(answer.status, 201, await answer.text());
  assert.equal((await laptop.itemsOnce(1))[0]?.title, title);
  await laptop.card.getByText("high", { exact: true }).waitFor();
  assert.equal(JSON.parse(body).collapseKey, "it's");
});

Deno.test("what the service refuses is said, with the field it concerns", { ignore }, async () => {
  await using playground = await Playground.live();
  const { page } = playground;
  await playground.publish({ Title: "A link", Link: "javascript:alert(1)" });
  await page.getByRole("alert").getByText(/^url must be an http/).waitFor();
  assert.equal(await page.getByLabel("Link").getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByLabel("Title").getAttribute("aria-invalid"), null);

  await playground.publish({ Link: "/builds/41" });
  await playground.laptop.itemsOnce(1);
  const link = playground.laptop.card.getByRole("link", { name: "A link" });
  assert.equal(await link.getAttribute("href"), `${playground.service.url}/builds/41`);
  assert.equal(await page.getByRole("alert").count(), 0);
});
