import { startBrowserApp } from "./browser_app.ts";
import type { Load, Result } from "./scenario.ts";

const DEADLINE_MS = 60_000;

/**
 * How often the page's thread is busy for more than 50 ms, and for how long at most, while a user
 * scrolls through an inbox until all is loaded, and is taken back to its top by something that arrives.
 */
export async function longInbox(load: Load): Promise<Result> {
  await using app = await startBrowserApp(load);
  const user = "reader";
  const { unread } = load.scale;
  await app.publish(user, unread);
  const page = await app.open(user);
  page.setDefaultTimeout(DEADLINE_MS);
  await page.evaluate(`(async () => {
    globalThis.long = [];
    new PerformanceObserver((list) => long.push(...list.getEntries().map((it) => it.duration)))
      .observe({ type: "longtask" });
    await import("http://127.0.0.1:${load.port}/elements.js");
    const inbox = document.createElement("bellwire-inbox");
    inbox.setAttribute("token-url", "/token" + location.search);
    inbox.style.height = "600px";
    document.body.append(inbox);
  })()`);
  await page.waitForFunction(LIST);
  // Starting is not scrolling.
  await page.evaluate("long.length = 0");
  await page.evaluate(scrollDown(unread));
  await page.evaluate(`globalThis.first = ${LIST}.querySelector("li")`);
  await app.publish(user);
  await page.locator("bellwire-inbox").getByRole("button", { name: "1 new" }).click();
  await page.waitForFunction(`${LIST}.scrollTop === 0 && ${LIST}.querySelector("li") !== first`);
  const long = await page.evaluate<number[]>("long");
  return { longTasks: long.length, longestMs: Math.max(0, ...long) };
}

const LIST = `document.querySelector("bellwire-inbox").shadowRoot.querySelector(".scroller")`;

/** A frame after the other, half a screen each, until so many rows are there. */
function scrollDown(rows: number): string {
  return `new Promise((resolve) => {
    const list = ${LIST};
    const step = () => {
      list.scrollTop += list.clientHeight / 2;
      const isEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 1;
      if (isEnd && list.querySelectorAll("li").length >= ${rows}) resolve();
      else requestAnimationFrame(step);
    };
    step();
  })`;
}
