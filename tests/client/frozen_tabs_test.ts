import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { eventually } from "../drivers/deadline.ts";
import { ClientApp, type ClientPage } from "./support/client_app.ts";

const ignore = CHROMIUM === undefined;

async function publish(app: ClientApp, title: string) {
  await app.service.published({ to: { user: "ada" }, title });
}

/** Two tabs of one window; the second is in front, and has the lead. */
async function openTwo(app: ClientApp): Promise<[ClientPage, ClientPage]> {
  const first = await app.open();
  await first.live();
  await publish(app, "one");
  await first.shows("one");
  const second = await app.open();
  await second.live();
  await leads(app, second);
  return [first, second];
}

/** Waits until this tab is the one that is told to show toasts. */
async function leads(app: ClientApp, tab: ClientPage): Promise<void> {
  await eventually(async () => {
    const title = `who leads? ${crypto.randomUUID()}`;
    await publish(app, title);
    const { toasts } = await tab.until(({ told }) => told.includes(title), title);
    return toasts.includes(title);
  }, "a tab to have the lead");
}

/** No toast was shown in two tabs, or twice in one; and each tab was told of everything once. */
async function toldOnce(...tabs: ClientPage[]): Promise<void> {
  const shown = await Promise.all(tabs.map((tab) => tab.shown()));
  const toasts = shown.flatMap(({ toasts }) => toasts);
  assert.deepEqual(toasts.toSorted(), [...new Set(toasts)].toSorted(), "a toast came twice");
  for (const { told } of shown) {
    assert.deepEqual(told, [...new Set(told)], "a tab was told of something twice");
  }
}

Deno.test(
  "when the tab that has the connection is frozen another goes on, and once thawed it is equal",
  { ignore },
  async () => {
    await using app = await ClientApp.start({ windows: true });
    const [first, second] = await openTwo(app);
    await app.openAnother();
    await second.freeze();
    await publish(app, "while frozen");
    await first.until(({ toasts }) => toasts.at(-1) === "while frozen", "the news");
    await first.look();
    await publish(app, "while another is looked at");
    const { titles } = await first.until(
      ({ titles }) => titles[0] === "while another is looked at",
      "the next news",
    );
    await app.service.connections(1);
    await second.thaw();
    await second.look();
    await second.shows(...titles);
    await second.live();
    await leads(app, second);
    await toldOnce(first, second);
    await app.service.connections(1);
  },
);

Deno.test(
  "when the tab that has the connection stops without a word the one that is looked at takes over, and nothing is told twice",
  { ignore },
  async () => {
    await using app = await ClientApp.start({ windows: true });
    const [first, second] = await openTwo(app);
    const goOn = await second.stall();
    await publish(app, "into the void");
    await first.look();
    await first.until(({ toasts }) => toasts.at(-1) === "into the void", "the news");
    await publish(app, "next");
    await first.until(({ titles }) => titles[0] === "next", "the next news");
    await goOn();
    const { titles } = await first.shown();
    await second.shows(...titles);
    await second.live();
    await toldOnce(first, second);
    await app.service.connections(1);
  },
);
