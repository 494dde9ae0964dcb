// long: it installs an app and builds it
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { CHROMIUM, launchChromium } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { ProgramFailed, runtimeOfNpm } from "../drivers/npm.ts";
import { codeOf } from "../drivers/readme.ts";
import { Service } from "../drivers/service.ts";
import { TSC, VITE, ViteApp } from "./support/vite_app.ts";

const NODE = await runtimeOfNpm("node@22.23.3");
const ignore = CHROMIUM === undefined || NODE === undefined;

const PAGE = `<!doctype html><html lang="en"><title>App</title><link rel="icon" href="data:,">
<script type="module" src="/src/main.ts"></script></html>`;

/** Importing the elements defines them, also where the build leaves out what nobody uses. */
const ELEMENT = `
import "@bellwire/client/elements";
document.body.append(Object.assign(document.createElement("bellwire-bell"), { bell }));
`;

/** What Vite has to know: the app's backend hands out the tokens. */
function configOf(backend: string): string {
  const server = { proxy: { "/token": backend } };
  return `export default ${JSON.stringify({ server, preview: server })};`;
}

/**
 * Opens the app and publishes until it writes a notification to the page's console. Those of before it
 * was connected are the past, and Vite may load a page again when it has seen what that needs.
 */
async function getsNotification(
  service: Service,
  { browser, url, sockets = true, shows }: {
    browser: Browser;
    url: string;
    sockets?: boolean;
    /** An element that has to be there by then, and to have something in it. */
    shows?: string;
  },
): Promise<void> {
  const context = await browser.newContext();
  try {
    if (!sockets) await context.addInitScript("delete globalThis.WebSocket");
    const page = await context.newPage();
    const mishaps: string[] = [];
    page.on("pageerror", (error) => mishaps.push(String(error)));
    const told: string[] = [];
    page.on("console", (message) => told.push(message.text()));
    await page.goto(url);
    const published: string[] = [];
    await eventually(
      async () => {
        await service.connections(1);
        published.push(crypto.randomUUID());
        await service.published({ to: { user: "ada" }, title: published.at(-1) });
        return published.some((title) => told.includes(title));
      },
      () => `a notification; the page wrote ${told}`,
    );
    const titles = told.filter((text) => published.includes(text));
    assert.equal(new Set(titles).size, titles.length);
    if (shows !== undefined) {
      await page.locator(shows).getByRole("button", { name: /\d unread/ }).waitFor();
    }
    assert.deepEqual(mishaps, []);
  } finally {
    await context.close();
    await service.connections(0);
  }
}

Deno.test(
  "the three lines of the README work in a new Vite app, served and built, also where sockets are blocked; and so do its types",
  { ignore },
  async () => {
    await using service = await Service.start({ env: { BELLWIRE_ALLOWED_ORIGINS: "*" } });
    await using backend = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async () => new Response(await service.token("ada")),
    );
    const lines = await codeOf("client/README.md", `bell.on("notification", (n) => console`);
    const main = lines.replace("https://notify.example.com", service.url);
    await using app = await ViteApp.create({
      "index.html": PAGE,
      "vite.config.js": configOf(`http://127.0.0.1:${backend.addr.port}`),
      "src/main.ts": main,
    }, NODE ?? "");
    await using browser = await launchChromium();
    {
      await using server = await app.serve();
      await getsNotification(service, { browser, url: server.url });
      await getsNotification(service, { browser, url: server.url, sockets: false });
    }
    await app.write({ "src/main.ts": `${main}${ELEMENT}` });
    await app.run(VITE, "build");
    {
      await using server = await app.serve("preview");
      await getsNotification(service, { browser, url: server.url, shows: "bellwire-bell" });
      await getsNotification(service, { browser, url: server.url, sockets: false });
    }
    await typesHold(app);
  },
);

/** What the README shows of types compiles in the app, and what is wrong does not. */
async function typesHold(app: ViteApp): Promise<void> {
  const typed = `declare const url: string;
declare function getToken(): Promise<string>;
${await codeOf("client/README.md", "order.shipped")}`;
  const react = `declare const root: HTMLElement;
declare function getToken(): Promise<string>;
${await codeOf("client/README.md", "<BellProvider bell")}`;
  const elements = `import { type BellwireBell, defineTexts } from "@bellwire/client/elements";
import { connect } from "@bellwire/client";
const element: BellwireBell | null = document.querySelector("bellwire-bell");
if (element) element.bell = connect("/", { getToken: () => "" });
defineTexts("de", { notifications: "Mitteilungen" });`;
  await app.write({ "src/typed.ts": typed, "src/react.tsx": react, "src/elements.ts": elements });
  await app.run(TSC, "--noEmit");
  const wrong = typed.replace("n.data.orderId", "n.data.orderNumber");
  assert.notEqual(wrong, typed);
  await app.write({ "src/typed.ts": wrong });
  await assert.rejects(
    app.run(TSC, "--noEmit"),
    (error) => error instanceof ProgramFailed && /src\/typed\.ts.*orderNumber/s.test(error.message),
  );
}
