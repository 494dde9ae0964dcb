import assert from "node:assert/strict";
import type { BrowserContextOptions, Page } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { DEADLINE_MS } from "./deadline.ts";
import { Service } from "./service.ts";

/** How a page with elements is opened. */
export interface ElementPageOptions {
  /** What is in its body. */
  readonly body?: string;
  /** What its only script says, behind an import of all that `/elements.js` exports as `bellwire`. */
  readonly script?: string;
  /** Attributes of its `html`. */
  readonly html?: string;
  readonly context?: BrowserContextOptions;
  /** Runs before the page is opened. */
  readonly before?: (service: Service) => Promise<unknown>;
  /** Which origins the service lets in; all of them unless told otherwise. */
  readonly origins?: string;
  /** What the app's backend answers when it is asked for a token; Ada's, unless told otherwise. */
  readonly token?: (service: Service) => Response | Promise<Response>;
  /** Errors on the page's console that are part of the test. */
  readonly expects?: RegExp;
}

/** A page of somebody's app, under a policy that allows no more than it has to. */
export interface ElementPage extends AsyncDisposable {
  readonly service: Service;
  readonly page: Page;
  /** Errors of the page and what its policy kept it from; looked at when it is closed. */
  readonly mishaps: string[];
  /** Publishes to `ada`, who is signed in on the page. */
  publish(fields: Readonly<Record<string, unknown>>): Promise<void>;
}

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; padding: 16px; background: Canvas; color: CanvasText; font: 1rem/1.4 sans-serif; }
header { display: flex; align-items: center; justify-content: space-between; gap: 16px; }
bellwire-inbox { max-width: 30rem; margin-block: 16px; }
`;

/** One on another origin than the service, with the elements as the README shows them. */
export async function openElementPage(
  options: ElementPageOptions = {},
): Promise<ElementPage> {
  const { body, script = "", html = `lang="en"`, context = {}, before, origins = "*" } = options;
  await using cleanUp = new AsyncDisposableStack();
  const service = cleanUp.use(await Service.start({ env: { BELLWIRE_ALLOWED_ORIGINS: origins } }));
  await before?.(service);
  const { host } = new URL(service.url);
  const policy = [
    "default-src 'none'",
    `script-src 'self' http://${host}`,
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' http://${host} ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  const files: Readonly<Record<string, readonly [type: string, text: () => unknown]>> = {
    "/": ["text/html", () => pageOf(service, html, body ?? elementsOf())],
    "/style.css": ["text/css", () => STYLE],
    "/script.js": [
      "text/javascript",
      () => `import * as bellwire from "${service.url}/elements.js";\n${script}`,
    ],
  };
  const { token = async () => new Response(await service.token("ada")) } = options;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/token") return await token(service);
    const [type, text] = files[pathname] ?? [];
    if (type === undefined) return new Response("Nothing here", { status: 404 });
    return new Response(String(await text?.()), {
      headers: { "content-type": `${type}; charset=utf-8`, "content-security-policy": policy },
    });
  });
  cleanUp.use(server);
  const browser = cleanUp.use(await launchChromium());
  const page = await (await browser.newContext(context)).newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  const mishaps: string[] = [];
  page.on("pageerror", (error) => mishaps.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") mishaps.push(message.text());
  });
  await page.goto(`http://127.0.0.1:${server.addr.port}/`);
  const all = cleanUp.move();
  return {
    service,
    page,
    mishaps,
    publish: async (fields) => void await service.published({ to: { user: "ada" }, ...fields }),
    [Symbol.asyncDispose]: async () => {
      await page.close();
      await all.disposeAsync();
      const { expects } = options;
      assert.deepEqual(mishaps.filter((mishap) => !expects?.test(mishap)), []);
    },
  };
}

function elementsOf(): string {
  return `<header><h1>An app</h1><a href="/">Home</a><bellwire-bell token-url="/token"></bellwire-bell></header>
<main><bellwire-inbox token-url="/token"></bellwire-inbox></main>`;
}

function pageOf({ url }: Service, html: string, body: string): string {
  return `<!DOCTYPE html>
<html ${html}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>An app</title>
<link rel="icon" href="/style.css">
<link rel="stylesheet" href="/style.css">
<script type="module" src="${url}/elements.js"></script>
<script type="module" src="/script.js"></script>
</head>
<body>
${body}
</body>
</html>`;
}
