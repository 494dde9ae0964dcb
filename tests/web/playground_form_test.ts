import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { Playground } from "../drivers/playground.ts";

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
  const shown = page.getByRole("region", { name: "The same from a shell" }).locator("code");
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
  await laptop.card.locator(".item.high").waitFor();
  assert.equal(JSON.parse(body).collapseKey, "it's");
});

Deno.test("what the service refuses is said, with the field it concerns", { ignore }, async () => {
  await using playground = await Playground.live();
  const { page } = playground;
  await playground.publish({ Title: "A link", Link: "javascript:alert(1)" });
  await page.getByRole("alert").getByText(/^url must be an http/).waitFor();
  assert.equal(await page.getByLabel("Link", { exact: true }).getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByLabel("Title", { exact: true }).getAttribute("aria-invalid"), null);

  await playground.publish({ Link: "/builds/41" });
  await playground.laptop.itemsOnce(1);
  const link = playground.laptop.card.getByRole("link", { name: "A link" });
  assert.equal(await link.getAttribute("href"), `${playground.service.url}/builds/41`);
  assert.equal(await page.getByRole("alert").count(), 0);
});

Deno.test("every field of the form reaches the devices", { ignore }, async () => {
  await using playground = await Playground.live();
  const { laptop } = playground;
  const until = new Date(Date.now() + 86_400_000);
  const local = new Date(until.getTime() - until.getTimezoneOffset() * 60_000);
  await playground.publish({
    "Title": "Everything",
    "Body": "All of it",
    "Category": "tests.all",
    "Priority": "urgent",
    "Link": "https://app.example/a",
    "Icon": "/samples/grace.svg",
    "Image": "/samples/harbour.svg",
    "Action 1, id": "yes",
    "Action 1, label": "Yes",
    "Action 2, id": "more",
    "Action 2, label": "More",
    "Action 2, link": "/more",
    "Data (JSON)": '{"order": [1, {"id": "41"}]}',
    "or until": local.toISOString().slice(0, 19),
    "Collapse key": "everything",
  });
  await laptop.itemsOnce(1);
  const item = await laptop.card.evaluate((card) =>
    card.querySelector("bellwire-inbox").bell.getSnapshot().items[0]
  );
  const { id: _, publishedAt: __, expiresAt, read: ___, seen: ____, archived: _____, ...rest } =
    item;
  assert.deepEqual(rest, {
    stream: "user",
    seq: 1,
    title: "Everything",
    body: "All of it",
    category: "tests.all",
    priority: "urgent",
    url: "https://app.example/a",
    icon: "/samples/grace.svg",
    image: "/samples/harbour.svg",
    actions: [{ id: "yes", label: "Yes" }, { id: "more", label: "More", url: "/more" }],
    data: { order: [1, { id: "41" }] },
    collapseKey: "everything",
  });
  assert.equal(Date.parse(expiresAt), Math.floor(until.getTime() / 1000) * 1000);
  const pictures = laptop.row("Everything").locator("img");
  assert.equal(await pictures.count(), 2);
  for (const picture of await pictures.all()) {
    await picture.evaluate((img) => img.decode());
  }
});

Deno.test("each example can be published as it is", { ignore }, async () => {
  await using playground = await Playground.live();
  const { page } = playground;
  const examples = page.getByRole("group", { name: "Examples to start from" }).getByRole("button");
  const answers = page.getByRole("list", { name: "Answers, newest first" }).getByRole("listitem");
  const count = await examples.count();
  assert(count >= 5);
  for (let i = 0; i < count; i++) {
    await examples.nth(i).click();
    await playground.publish({});
    await answers.nth(i).waitFor();
    assert.equal(await page.getByRole("alert").count(), 0);
  }
});

Deno.test("data that is no JSON is not sent", { ignore }, async () => {
  await using playground = await Playground.live();
  const { laptop, page } = playground;
  await playground.publish({ "Title": "Broken", "Data (JSON)": "{orderId: 41" });
  assert.equal(await page.locator("textarea:invalid").getAttribute("name"), "data");
  await playground.publish({ "Title": "Mended", "Data (JSON)": '{"orderId": 41}' });
  assert.deepEqual(await laptop.itemsOnce(1), [{ title: "Mended", missed: false }]);
});
