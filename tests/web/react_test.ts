import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { build, stop } from "esbuild";
import { CHROMIUM, launchChromium } from "../drivers/chromium.ts";
import { DEADLINE_MS } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";

const ignore = CHROMIUM === undefined;
const ROOT = new URL("../../", import.meta.url);

/** A program as a bundler makes it. */
async function bundle(source: string): Promise<string> {
  const require = createRequire(import.meta.url);
  const client = new Map([
    ["@bellwire/client", "client/src/mod.ts"],
    ["@bellwire/client/react", "client/src/react/mod.ts"],
  ]);
  try {
    const { outputFiles } = await build({
      stdin: { contents: source, loader: "tsx", resolveDir: ROOT.pathname },
      bundle: true,
      write: false,
      format: "esm",
      jsx: "automatic",
      define: { "process.env.NODE_ENV": `"development"` },
      plugins: [{
        name: "packages",
        setup({ onResolve }) {
          onResolve({ filter: /^@bellwire\// }, ({ path }) => {
            const file = client.get(path);
            return file === undefined ? null : { path: new URL(file, ROOT).pathname };
          });
          onResolve({ filter: /^(?:react|react-dom|scheduler)(?:\/|$)/ }, ({ path, importer }) => ({
            path: (importer.includes("/react-dom/") ? createRequire(importer) : require).resolve(
              path,
            ),
          }));
        },
      }],
    });
    return outputFiles[0]?.text ?? "";
  } finally {
    await stop();
  }
}

/** An app of Ada's on an origin of its own. */
function serve(script: string, service: Service): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async ({ url }) => {
    switch (new URL(url).pathname) {
      case "/main.js":
        return new Response(script, { headers: { "content-type": "text/javascript" } });
      case "/dev/credentials":
        return Response.json({ token: await service.token("ada") });
      default:
        return new Response(
          `<!DOCTYPE html><link rel="icon" href="data:,"><div id="root"></div>` +
            `<script type="module" src="/main.js"></script>`,
          { headers: { "content-type": "text/html" } },
        );
    }
  });
}

Deno.test(
  "the React example shows what is published, filters it and marks it",
  { ignore },
  async () => {
    await using service = await Service.start({ env: { BELLWIRE_ALLOWED_ORIGINS: "*" } });
    const script = await bundle(`import "./examples/react/src/main.tsx";`);
    await using server = serve(script, service);
    await using browser = await launchChromium();
    const page = await browser.newPage();
    page.setDefaultTimeout(DEADLINE_MS);
    await page.goto(`http://127.0.0.1:${server.addr.port}/?server=${service.url}`);
    await page.getByRole("status").getByText("live", { exact: true }).waitFor();
    await page.getByRole("heading", { name: "Notifications (0)" }).waitFor();
    await service.published({ to: { user: "ada" }, title: "one" });
    await service.published({ to: { user: "ada" }, title: "two" });
    await page.getByRole("heading", { name: "Notifications (2)" }).waitFor();
    await page.getByRole("button", { name: "Archive two" }).click();
    await page.getByRole("listitem").filter({ hasText: "two" }).waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "Notifications (1)" }).waitFor();
    await page.getByRole("checkbox", { name: "Unread only" }).check();
    await page.getByRole("listitem").filter({ hasText: "one" }).waitFor();
    await page.getByRole("button", { name: "Mark all as read" }).click();
    await page.getByRole("listitem").first().waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "Notifications (0)" }).waitFor();
    await service.kill();
    await page.getByRole("status").getByText("reconnecting", { exact: true }).waitFor();
  },
);

const COUNTING = `
import { connect } from "@bellwire/client";
import { BellProvider, useNotifications, useUnreadCount } from "@bellwire/client/react";
import { createRoot } from "react-dom/client";

const getToken = async () => (await (await fetch("/dev/credentials")).json()).token;
const bell = connect(new URL(location.href).searchParams.get("server"), { getToken });
const rendered = globalThis.rendered = { titles: 0, count: 0 };
bell.on("connection", ({ state }) => document.documentElement.id = state);

function Titles() {
  rendered.titles++;
  return <p>{useNotifications().items.map(({ title }) => title).join()}</p>;
}
function Count() {
  rendered.count++;
  return <b>{useUnreadCount()}</b>;
}
createRoot(document.getElementById("root")).render(
  <BellProvider bell={bell}><Titles /><Count /></BellProvider>,
);
`;

Deno.test(
  "a component is rendered anew only when what it uses has changed",
  { ignore },
  async () => {
    await using service = await Service.start({ env: { BELLWIRE_ALLOWED_ORIGINS: "*" } });
    const script = await bundle(COUNTING);
    await using server = serve(script, service);
    await using browser = await launchChromium();
    const page = await browser.newPage();
    page.setDefaultTimeout(DEADLINE_MS);
    await page.goto(`http://127.0.0.1:${server.addr.port}/?server=${service.url}`);
    await page.locator("html#live").waitFor();
    await service.published({ to: { user: "ada" }, title: "one" });
    await page.getByText("one").waitFor();
    const rendered = () => page.evaluate("({ ...rendered })");
    const before = await rendered();
    await service.kill();
    await page.locator("html#reconnecting").waitFor();
    await service.restart();
    await page.locator("html#live").waitFor();
    assert.deepEqual(await rendered(), before);
  },
);
