import assert from "node:assert/strict";
import { CHROMIUM, launchChromium } from "../drivers/chromium.ts";
import { Service } from "../drivers/service.ts";

/** Another origin than the service's: a page of the application that uses it. */
function servePage(): Deno.HttpServer<Deno.NetAddr> {
  const html = "<!doctype html><title>A page</title>";
  return Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(html, { headers: { "content-type": "text/html" } }),
  );
}

/**
 * Runs in the page, as the protocol's description shows it: whenever the stream ends for good, it gets
 * a new ticket and goes on from the newest cursor.
 */
const FOLLOW = `async ({ url, token }) => {
  const seen = globalThis.seen = [];
  globalThis.tickets = 0;
  let cursor = "";
  const connect = async () => {
    const answer = await fetch(url + "/v1/tickets", {
      method: "POST",
      headers: { authorization: "Bearer " + token },
    }).catch(() => undefined);
    if (!answer?.ok) return setTimeout(connect, 100);
    const { ticket } = await answer.json();
    globalThis.tickets++;
    const query = new URLSearchParams({ ticket, ...(cursor === "" ? {} : { cursor }) });
    const source = new EventSource(url + "/v1/stream?" + query);
    for (const type of ["welcome", "reset", "notification", "caughtUp"]) {
      source.addEventListener(type, ({ data, lastEventId }) => {
        if (lastEventId !== "") cursor = lastEventId;
        const { type, stream, seq, live } = JSON.parse(data);
        seen.push([type, stream, seq, live].join(" "));
      });
    }
    source.addEventListener("error", () => {
      source.close();
      setTimeout(connect, 100);
    });
  };
  await connect();
}`;

Deno.test(
  "a page of an allowed origin follows with one-use tickets, and misses nothing over a crash",
  { ignore: CHROMIUM === undefined },
  async () => {
    await using server = servePage();
    const origin = `http://127.0.0.1:${server.addr.port}`;
    await using service = await Service.start({ env: { BELLWIRE_ALLOWED_ORIGINS: origin } });
    await using browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(origin);
    const follow = `(${FOLLOW})(${
      JSON.stringify({ url: service.url, token: await service.token("ada") })
    })`;
    const saw = (entry: string) =>
      page.waitForFunction(`globalThis.seen.includes(${JSON.stringify(entry)})`);
    await page.evaluate(follow);
    await saw("reset user 0 ");
    await service.published({ to: { user: "ada" }, title: "One" });
    await saw("notification user 1 true");

    await service.kill();
    await service.restart();
    await service.published({ to: { user: "ada" }, title: "Two" });
    await page.waitForFunction(
      `globalThis.seen.some((entry) => entry.startsWith("notification user 2"))`,
    );
    const seen = await page.evaluate("globalThis.seen") as string[];
    assert.equal(seen.filter((entry) => entry.startsWith("notification user 1")).length, 1);
    assert.equal(seen.filter((entry) => entry.startsWith("notification user 2")).length, 1);
    assert.equal(seen.filter((entry) => entry.startsWith("reset user")).length, 1);
    assert.equal(await page.evaluate("globalThis.tickets"), 2);
  },
);

Deno.test(
  "a page of another origin gets no stream",
  { ignore: CHROMIUM === undefined },
  async () => {
    await using server = servePage();
    await using service = await Service.start();
    await using browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}`);
    const headers = { authorization: `Bearer ${await service.token("ada")}` };
    const answer = await service.fetch("/v1/tickets", { method: "POST", headers });
    const url = `${service.url}/v1/stream?ticket=${(await answer.json()).ticket}`;
    const state = await page.evaluate(`new Promise((resolve) => {
      const source = new EventSource(${JSON.stringify(url)});
      source.onopen = () => resolve("open");
      source.onerror = () => resolve(source.readyState === EventSource.CLOSED ? "closed" : "again");
    })`);
    assert.equal(state, "closed");
    await service.connections(0);
  },
);
