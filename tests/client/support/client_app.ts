import type { Browser, BrowserContext, Frame, Page } from "playwright-core";
import { launchChromium } from "../../drivers/chromium.ts";
import { ChromiumWindows } from "../../drivers/chromium_windows.ts";
import { DEADLINE_MS, eventually, within } from "../../drivers/deadline.ts";
import { Service } from "../../drivers/service.ts";
import type { TokenWishes } from "../../drivers/user_token.ts";

/** How the app of a test is. */
export interface AppOptions {
  /** What a token is like. */
  readonly wishes?: TokenWishes;
  /** Whether the app's policy lets sockets through. */
  readonly sockets?: boolean;
  /** Whether it brings the client along, rather than have the service serve it. */
  readonly bundled?: boolean;
  /** Whether its pages are tabs of one window, so that only one of them is visible at a time. */
  readonly windows?: boolean;
  /** The name under which browsers find the app and the service; other than by `127.0.0.1` pages are not secure. */
  readonly host?: string;
  /** Runs in every page and frame before anything else. */
  readonly before?: string;
}

/** What a page shows. */
export interface Shown {
  readonly state: string;
  readonly reason?: string;
  readonly user: string | undefined;
  readonly titles: readonly string[];
  readonly read: readonly boolean[];
  readonly unread: number;
  /** Titles that it was told of, and of which it would show a toast. */
  readonly told: readonly string[];
  readonly toasts: readonly string[];
}

/**
 * An app on an origin of its own whose pages use the client that a service serves: under a policy that
 * allows no inline script, no evaluation and no other hosts.
 */
export class ClientApp implements AsyncDisposable {
  /** Who is signed in, on all pages. */
  user: string | undefined = "ada";
  /** How often tokens were asked for, and how many of these calls were under way at once at most. */
  tokens = 0;
  tokensAtOnce = 0;
  /** What a call for a token waits for. */
  beforeToken: () => Promise<unknown> = () => Promise.resolve();
  /** Where its pages find the service. */
  serviceUrl: string;
  readonly mishaps: string[] = [];
  #tokensUnderWay = 0;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #options: AppOptions;
  readonly #chromium: Browser | ChromiumWindows;

  private constructor(
    readonly service: Service,
    chromium: Browser | ChromiumWindows,
    options: AppOptions,
  ) {
    const { host = "127.0.0.1" } = options;
    this.serviceUrl = service.url.replace("127.0.0.1", host);
    this.#chromium = chromium;
    this.#options = options;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(new URL(request.url)),
    );
  }

  static async start(options: AppOptions = {}): Promise<ClientApp> {
    await using cleanUp = new AsyncDisposableStack();
    const service = cleanUp.use(await Service.start({ env: { BELLWIRE_ALLOWED_ORIGINS: "*" } }));
    const chromium = cleanUp.use(
      await (options.windows ? ChromiumWindows.start() : launchChromium({
        flags: options.host ? [`--host-resolver-rules=MAP ${options.host} 127.0.0.1`] : [],
      })),
    );
    cleanUp.move();
    return new ClientApp(service, chromium, options);
  }

  get browser(): Browser {
    return this.#chromium instanceof ChromiumWindows ? this.#chromium.browser : this.#chromium;
  }

  get url(): string {
    return `http://${this.#options.host ?? "127.0.0.1"}:${this.#server.addr.port}/`;
  }

  /** Opens a page, in a context of its own unless one is given or pages are tabs of one window. */
  async open({ context, query = "" }: { context?: BrowserContext; query?: string } = {}) {
    const page = await (context ?? await this.#context()).newPage();
    const { before } = this.#options;
    if (before) await page.addInitScript(before);
    const watched = this.#watch(page);
    await page.goto(this.url + query);
    return watched;
  }

  /** Opens a page that has the app in a frame which may run scripts, and nothing else. */
  async openFrame(): Promise<ClientPage> {
    const { page } = await this.open({ query: "frame" });
    return await eventually(() => {
      const [, frame] = page.frames();
      return frame && new ClientPage(page, frame);
    }, "the frame");
  }

  #watch(page: Page): ClientPage {
    page.setDefaultTimeout(DEADLINE_MS);
    page.on("pageerror", (error) => this.mishaps.push(String(error)));
    return new ClientPage(page);
  }

  /** Opens a page in a window of its own, so that others stay visible. */
  async openWindow(): Promise<ClientPage> {
    const session = await this.browser.newBrowserCDPSession();
    const opened = (await this.#context()).waitForEvent("page", { timeout: DEADLINE_MS });
    await session.send("Target.createTarget", { url: this.url, newWindow: true });
    const page = await opened;
    await session.detach();
    return this.#watch(page);
  }

  /** Opens a tab in front of all others that is none of the app's. */
  async openAnother(): Promise<void> {
    await (await this.#context()).newPage();
  }

  async #context(): Promise<BrowserContext> {
    const chromium = this.#chromium;
    return chromium instanceof ChromiumWindows ? chromium.context : await chromium.newContext();
  }

  async #answer({ pathname, searchParams }: URL): Promise<Response> {
    const { serviceUrl } = this;
    if (pathname === "/token") return await this.#token();
    const frames: Record<string, string> = {
      "/empty": "",
      "/frame": `<iframe sandbox="allow-scripts" src="/"></iframe>`,
    };
    const frame = frames[pathname];
    if (frame !== undefined) {
      const headers = { "content-type": "text/html" };
      return new Response(`<!doctype html><title>Another page</title>${frame}`, { headers });
    }
    const headers = { "content-type": "text/javascript", ...OPEN };
    if (pathname === "/client.js") return new Response(await Deno.readFile(CLIENT), { headers });
    if (pathname === "/app.js") {
      const { bundled = false } = this.#options;
      const script = SCRIPT
        .replace("CLIENT", `${bundled ? "" : serviceUrl}/client.js`)
        .replace("SERVICE", serviceUrl);
      return new Response(script, { headers });
    }
    const socket = this.#options.sockets === false ? "" : serviceUrl.replace("http", "ws");
    const policy = [
      "default-src 'none'",
      `script-src 'self' ${this.url} ${serviceUrl}`,
      `connect-src 'self' ${this.url} ${serviceUrl} ${socket}`,
      "base-uri 'none'",
      "require-trusted-types-for 'script'",
    ];
    const user = searchParams.get("user") ?? "";
    return new Response(
      `<!doctype html><html lang="en" data-user="${user}"><title>App</title>` +
        `<link rel="icon" href="data:,"><button>Notify me</button>` +
        `<script type="module" src="/app.js"></script>`,
      { headers: { "content-type": "text/html", "content-security-policy": policy.join("; ") } },
    );
  }

  async #token(): Promise<Response> {
    this.tokens++;
    this.tokensAtOnce = Math.max(this.tokensAtOnce, ++this.#tokensUnderWay);
    await this.beforeToken();
    this.#tokensUnderWay--;
    if (this.user === undefined) return new Response("", { status: 401, headers: OPEN });
    const token = await this.service.token(this.user, this.#options.wishes);
    return new Response(token, { headers: OPEN });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chromium[Symbol.asyncDispose]();
    await this.#server.shutdown();
    await this.service[Symbol.asyncDispose]();
    if (this.mishaps.length > 0) throw new Error(this.mishaps.join("\n"));
  }
}

/** A frame that may store nothing is of no origin, and may read what everyone may. */
const OPEN = { "access-control-allow-origin": "*" };

const CLIENT = new URL("../../../client/dist/client.js", import.meta.url);

const SCRIPT = `
import { connect, Unauthorized } from "CLIENT";
const { user } = document.documentElement.dataset;
const told = [];
const toasts = [];
const bell = connect("SERVICE", {
  ...(user ? { user } : {}),
  getToken: async () => {
    const answer = await fetch("/token");
    if (answer.status === 401) throw new Unauthorized();
    return await answer.text();
  },
});
bell.on("notification", (n) => told.push(n.title));
bell.on("toast", (n) => toasts.push(n.title));
document.querySelector("button").onclick = async () => {
  document.title = await bell.enableSystemNotifications();
};
globalThis.bell = bell;
globalThis.shown = () => {
  const { items, counts, connection, user } = bell.getSnapshot();
  return {
    state: connection.state,
    reason: connection.reason,
    user,
    titles: items.map(({ title }) => title),
    read: items.map(({ read }) => read),
    unread: counts.unread,
    told,
    toasts,
  };
};
`;

/** A page of the app. */
export class ClientPage {
  /** @param frame the part of the page that is the app's */
  constructor(readonly page: Page, private readonly frame: Frame = page.mainFrame()) {}

  shown(): Promise<Shown> {
    return this.frame.evaluate("shown()");
  }

  /** Runs in the page. */
  run<T>(script: string): Promise<T> {
    return this.frame.evaluate(script);
  }

  /** Waits until what it shows is so. */
  async until(
    holds: (shown: Shown) => boolean,
    what: string,
    ms = DEADLINE_MS,
  ): Promise<Shown> {
    let shown: Shown | undefined;
    return await eventually(
      async () => {
        shown = await this.shown().catch(() => undefined);
        return shown !== undefined && holds(shown) && shown;
      },
      () => `${what}; it shows ${JSON.stringify(shown)}`,
      ms,
    );
  }

  async live(): Promise<void> {
    await this.until(({ state }) => state === "live", "to be live");
  }

  async shows(...titles: string[]): Promise<Shown> {
    return await this.until((shown) => shown.titles.join() === titles.join(), `${titles}`);
  }

  /** Waits for these toasts, and no others before them. */
  async toasts(...titles: string[]): Promise<void> {
    await this.until(({ toasts }) => toasts.join() === titles.join(), `toasts ${titles}`);
  }

  /** Brings its tab to the front. */
  async look(): Promise<void> {
    await this.page.bringToFront();
  }

  /** Freezes it as the browser does with tabs that nobody has looked at for long; it has to be hidden. */
  async freeze(): Promise<void> {
    await this.#lifecycle("frozen");
  }

  async thaw(): Promise<void> {
    await this.#lifecycle("active");
  }

  /** Stops it dead in the middle of a task, as a device that falls asleep. @returns goes on */
  async stall(): Promise<() => Promise<void>> {
    const session = await this.page.context().newCDPSession(this.page);
    await session.send("Debugger.enable");
    const stopped = new Promise((resolve) => session.once("Debugger.paused", resolve));
    await session.send("Runtime.evaluate", { expression: "setTimeout(() => { debugger })" });
    await within(stopped, "the page to stop");
    return async () => {
      await session.send("Debugger.resume");
      await session.detach();
    };
  }

  async #lifecycle(state: "frozen" | "active"): Promise<void> {
    const session = await this.page.context().newCDPSession(this.page);
    await session.send("Page.setWebLifecycleState", { state });
    await session.detach();
  }
}
