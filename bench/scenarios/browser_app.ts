import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchChromium } from "../../tests/drivers/chromium.ts";
import { requestAll } from "../load/request_all.ts";
import { tokensOf } from "../load/users.ts";
import type { Load } from "./scenario.ts";

/** An app in a real Chromium, on another origin than the service. */
export interface BrowserApp extends AsyncDisposable {
  /** One profile, and so one cache. */
  readonly context: BrowserContext;
  /** Opens a page without a script, of which this user is signed in. */
  open(user: string): Promise<Page>;
  /** Publishes as often to a user. */
  publish(user: string, times?: number): Promise<void>;
}

/** Starts the app's backend, which hands out tokens, and a browser. */
export async function startBrowserApp(load: Load): Promise<BrowserApp> {
  await using cleanUp = new AsyncDisposableStack();
  const server = cleanUp.use(
    Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const user = searchParams.get("user");
      if (pathname === "/token" && user !== null) return new Response((await tokensOf([user]))[0]);
      return new Response(`<!doctype html><link rel="icon" href="data:,"><title>An app</title>`, {
        headers: { "content-type": "text/html" },
      });
    }),
  );
  const browser: Browser = cleanUp.use(await launchChromium());
  const context = await browser.newContext();
  const all = cleanUp.move();
  return {
    context,
    async open(user) {
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${server.addr.port}/?user=${user}`);
      return page;
    },
    async publish(user, times = 1) {
      const requests = Array.from({ length: times }, (_, n) => load.dialect.publish({ user }, n));
      await requestAll(requests, { port: load.port, ...load.scale });
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
