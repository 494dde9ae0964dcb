import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { DEADLINE_MS, eventually } from "./deadline.ts";
import { Service } from "./service.ts";

/** A notification as a device on the page shows it. */
export interface ShownItem {
  readonly title: string;
  readonly missed: boolean;
}

/** That a call was refused or did not get through belongs to what is tested. */
const REFUSED = /^Failed to load resource|^WebSocket connection to .* failed/;

/** How a playground is opened. */
export interface PlaygroundOptions {
  /** Variables of the service besides those of dev mode. */
  readonly env?: Readonly<Record<string, string>>;
  /** What follows the address, such as `?user=grace`. */
  readonly query?: string;
  /** More of Chromium's command line. */
  readonly flags?: string[];
  readonly context?: BrowserContextOptions;
  /** Whether the test may put the page's clock forward; it goes on by itself as well. */
  readonly clock?: boolean;
}

/** One of the devices on the page. */
export class PlaygroundDevice {
  readonly card: Locator;

  constructor(page: Page, readonly name: string) {
    this.card = page.getByRole("region", { name, exact: true });
  }

  /** Waits until it says that it is `Live`, `Offline` and so on. */
  async waitFor(state: string): Promise<void> {
    await this.card.getByRole("status").getByText(state, { exact: true }).waitFor();
  }

  async goOffline(): Promise<void> {
    await this.card.getByRole("button", { name: "Go offline" }).click();
    await this.waitFor("Offline");
  }

  async goOnline(): Promise<void> {
    await this.card.getByRole("button", { name: "Go online" }).click();
    await this.waitFor("Live");
  }

  /** Ends the connection as if the network had. */
  async kill(): Promise<void> {
    await this.card.getByRole("button", { name: "Kill connection" }).click();
  }

  async retry(): Promise<void> {
    await this.card.getByRole("button", { name: "Retry now" }).click();
  }

  /**
   * What its inbox shows now, from top to bottom. Throws where that is not the order of the stream:
   * which numbers there are depends on when the inbox has marked something as seen.
   */
  async items(): Promise<ShownItem[]> {
    const rows: readonly (ShownItem & { readonly stream: string; readonly seq: number })[] =
      await this.card.evaluate((card) => {
        const inbox = card.querySelector("bellwire-inbox");
        const missed = [...card.querySelectorAll(".missed li")].map((it) => it.textContent);
        const known = inbox.bell.getSnapshot().items;
        return [...inbox.shadowRoot.querySelectorAll("li")].map((row) => {
          const title = row.querySelector("[part=title] > :last-child").textContent;
          const { id } = row.querySelector("[part=meta]");
          const { stream, seq } = known.find((it: { id: string }) => `meta-${it.id}` === id);
          const number = stream === "user" ? `#${seq}` : `${stream.slice("topic:".length)} #${seq}`;
          return { stream, seq, title, missed: missed.includes(number) };
        });
      });
    for (const [stream, numbers] of Map.groupBy(rows, (row) => row.stream)) {
      numbers.forEach(({ seq }, i) => {
        assert(i === 0 || seq < (numbers[i - 1]?.seq ?? 0), `${stream}: ${JSON.stringify(rows)}`);
      });
    }
    return rows.map(({ title, missed }) => ({ title, missed }));
  }

  /** Waits until it shows so many. */
  async itemsOnce(count: number): Promise<ShownItem[]> {
    let items: ShownItem[] = [];
    return await eventually(
      async () => (items = await this.items()).length === count && items,
      () => `${count} on ${this.name}, which shows ${JSON.stringify(items)}`,
    );
  }

  /** The number on its bell. */
  async unread(): Promise<number> {
    const name = await this.bell.getAttribute("aria-label");
    return Number(/: (\d+) unread$/.exec(name ?? "")?.[1]);
  }

  get bell(): Locator {
    return this.card.locator("bellwire-bell").getByRole("button", { name: /unread$/ });
  }

  /** The row of its inbox that has a title. */
  row(title: string): Locator {
    return this.card.locator("bellwire-inbox").getByRole("listitem").filter({ hasText: title });
  }

  /** Opens the wire log. */
  async openLog(): Promise<void> {
    await this.card.getByText("On the wire").click();
  }

  /** What the wire log shows, which has to be open: oldest first. */
  async frames(): Promise<string[]> {
    const frames = await this.card.getByRole("list", { name: /Frames/ }).locator("code")
      .allTextContents();
    return frames.reverse();
  }
}

/**
 * The page of a service in dev mode, in a browser of its own.
 *
 * @example
 * ```ts
 * await using playground = await Playground.open();
 * await playground.publish({ Title: "Hello" });
 * await playground.phone.itemsOnce(1);
 * ```
 */
export class Playground implements AsyncDisposable {
  readonly laptop: PlaygroundDevice;
  readonly phone: PlaygroundDevice;
  /** Errors of the page that nobody caught, and what the browser kept it from; there must be none. */
  readonly mishaps: string[] = [];

  private constructor(readonly service: Service, readonly browser: Browser, readonly page: Page) {
    this.laptop = new PlaygroundDevice(page, "Laptop");
    this.phone = new PlaygroundDevice(page, "Phone");
    page.on("pageerror", (error) => this.mishaps.push(String(error)));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !REFUSED.test(text)) this.mishaps.push(text);
    });
  }

  /** Starts a service and a browser, and opens the page. */
  static async open(
    { env = {}, query = "", flags = [], context = {}, clock = false }: PlaygroundOptions = {},
  ): Promise<Playground> {
    await using cleanUp = new AsyncDisposableStack();
    const service = await Service.start({ env: { BELLWIRE_JWT_SECRET: "", ...env } });
    cleanUp.use(service);
    const browser = await launchChromium({ flags });
    cleanUp.use(browser);
    const page = await (await browser.newContext(context)).newPage();
    page.setDefaultTimeout(DEADLINE_MS);
    if (clock) await page.clock.install();
    const playground = new Playground(service, browser, page);
    await page.goto(service.url + "/" + query);
    cleanUp.move();
    return playground;
  }

  /** Any of the devices, also one that was added. */
  device(name: string): PlaygroundDevice {
    return new PlaygroundDevice(this.page, name);
  }

  /** Opens it and waits until both devices are live. */
  static async live(options: PlaygroundOptions = {}): Promise<Playground> {
    const playground = await Playground.open(options);
    try {
      await playground.bothLive();
      return playground;
    } catch (error) {
      await playground[Symbol.asyncDispose]();
      throw error;
    }
  }

  async bothLive(): Promise<void> {
    await Promise.all([this.laptop.waitFor("Live"), this.phone.waitFor("Live")]);
  }

  /** Fills fields of the form, by their labels. */
  async fill(fields: Readonly<Record<string, string>>): Promise<void> {
    const form = this.page.getByRole("region", { name: "Publish", exact: true });
    for (const [label, value] of Object.entries(fields)) {
      const field = form.getByLabel(label, { exact: true });
      const closed = form.locator("details:not([open])").filter({
        has: this.page.getByLabel(label, { exact: true }),
      });
      if (await closed.count() > 0) await closed.locator("summary").click();
      if (label === "Priority") await field.selectOption(value);
      else await field.fill(value);
    }
  }

  /** Fills the form and presses the button. */
  async publish(
    fields: Readonly<Record<string, string>>,
    button: "Publish" | "Publish 5" = "Publish",
  ): Promise<void> {
    await this.fill(fields);
    // A click before the last answer is there counts as one too many, and does nothing.
    await this.page.locator(".publish form:not([aria-busy=true])").waitFor();
    await this.page.getByRole("button", { name: button, exact: true }).click();
  }

  /** Takes back a mishap that a test has caused on purpose, once it is there. */
  async expectMishap(pattern: RegExp): Promise<void> {
    const index = await eventually(() => {
      const found = this.mishaps.findIndex((mishap) => pattern.test(mishap));
      return found >= 0 && { found };
    }, `a mishap like ${pattern}`);
    this.mishaps.splice(index.found, 1);
  }

  /** Ends all; throws where there were mishaps. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.service[Symbol.asyncDispose]();
    assert.deepEqual(this.mishaps, []);
  }
}
