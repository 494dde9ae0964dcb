import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { Playground } from "../drivers/playground.ts";

const ignore = CHROMIUM === undefined;

/** What an attacker would send; each of them sets `hacked` where it is taken for more than text. */
const HOSTILE = {
  title: `<img src=x onerror="globalThis.hacked=true">`,
  body: `</p><script>globalThis.hacked=true</script><svg onload="globalThis.hacked=true">`,
  icon: "javascript:globalThis.hacked=true",
  image: `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="hacked=true"/>`,
  category: "hostile",
  data: { html: "<img src=x onerror=globalThis.hacked=true>" },
  actions: [{ id: "<b onclick=hacked=true>", label: "<b onclick=hacked=true>Press</b>" }],
};

Deno.test("whatever a notification holds stays text", { ignore }, async () => {
  await using playground = await Playground.live();
  const { laptop, phone, page, service } = playground;
  await laptop.openLog();
  await service.published({ to: { user: "ada" }, ...HOSTILE });
  await phone.goOffline();
  await service.published({ to: { user: "ada" }, ...HOSTILE });
  await phone.goOnline();
  for (const device of [laptop, phone]) {
    const items = await device.itemsOnce(2);
    assert.deepEqual(items.map(({ title }) => title), [HOSTILE.title, HOSTILE.title]);
    assert.equal(await device.card.getByText(HOSTILE.body, { exact: true }).count(), 2);
    await device.row(HOSTILE.title).first().getByRole("button", { name: "Press" }).click();
    await device.card.getByText("Your app hears: action “<b onclick").waitFor();
  }
  // A title is shown once more by what was missed, and the whole frame by the log.
  assert.equal(await phone.card.locator(".missed li").getAttribute("title"), HOSTILE.title);
  await laptop.card.locator(".entry summary").filter({ hasText: "onerror" }).first().click();
  await laptop.card.locator("pre", { hasText: "onerror" }).waitFor();
  for (const { card } of [laptop, phone]) {
    const markup = "img, script, b[onclick], [onload], [onerror], [onclick]";
    assert.equal(await card.locator(markup).count(), 0);
  }
  assert((await laptop.frames()).some((frame) => frame.includes("onerror")));
  assert.equal(await page.evaluate("typeof hacked"), "undefined");
});

Deno.test(
  "no script of a stranger could run on the page, even if it got in",
  { ignore },
  async () => {
    await using playground = await Playground.live();
    const injection = `document.body.innerHTML = "<b>markup</b>"`;
    await assert.rejects(playground.page.evaluate(injection), /requires 'TrustedHTML' assignment/);
    await playground.expectMishap(/requires 'TrustedHTML' assignment/);
    const answer = await playground.service.fetch("/");
    await answer.body?.cancel();
    const policy = answer.headers.get("content-security-policy") ?? "";
    assert(policy.includes("default-src 'none'") && !policy.includes("unsafe-"), policy);
  },
);

Deno.test(
  "a site whose name was rebound to this machine gets no credentials",
  { ignore },
  async () => {
    await using playground = await Playground.open({
      flags: ["--host-resolver-rules=MAP rebound.example 127.0.0.1"],
    });
    const { laptop, page, service } = playground;
    await playground.bothLive();
    await page.goto(service.url.replace("127.0.0.1", "rebound.example"));
    await laptop.waitFor("Stopped");
    await playground.expectMishap(/origin was untrustworthy/);
    await laptop.card.getByText("Only this machine may call this address").waitFor();
    const status = await page.evaluate(async () =>
      (await fetch("/dev/credentials?user=ada")).status
    );
    assert.equal(status, 403);
  },
);

Deno.test("another site's page gets no credentials", { ignore }, async () => {
  await using playground = await Playground.live();
  const { page, service } = playground;
  // To a browser this is another site, and the same service.
  await page.goto(service.url.replace("127.0.0.1", "localhost") + "/live");
  const read = (path: string, mode: "cors" | "no-cors") =>
    page.evaluate(async ([url, mode]) => {
      const response = await fetch(url, { mode }).catch(() => undefined);
      return response === undefined ? "no answer" : await response.text();
    }, [path, mode] as const);
  const credentials = "/dev/credentials?user=ada";
  assert.match(await read(credentials, "cors"), /"token"/);
  assert.equal(await read(service.url + credentials, "cors"), "no answer");
  const [answer, text] = await Promise.all([
    page.waitForResponse(service.url + credentials),
    read(service.url + credentials, "no-cors"),
  ]);
  assert.equal(answer.status(), 403);
  assert.equal(text, "");
  await playground.expectMishap(/blocked by CORS policy/);
});
