import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { CHROMIUM, FLAGS } from "./chromium.ts";
import { eventually, within } from "./deadline.ts";

/**
 * Chromium as its users have it, but for the screen: of the tabs of a window one is visible and has
 * the focus, the rest are hidden, and hidden ones can be frozen. Playwright's own contexts make every
 * page believe that it is looked at.
 *
 * Only the default context is so, and there is one profile.
 */
export class ChromiumWindows implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #profile: string;
  #browser: Browser | undefined;

  private constructor(program: string, profile: string) {
    this.#profile = profile;
    this.#process = new Deno.Command(program, {
      args: [...FLAGS, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** @throws {Error} where there is no Chromium */
  static async start(): Promise<ChromiumWindows> {
    if (CHROMIUM === undefined) throw new Error("There is no Chromium on this machine");
    await using cleanUp = new AsyncDisposableStack();
    const windows = cleanUp.use(
      new ChromiumWindows(CHROMIUM, await Deno.makeTempDir({ prefix: "bellwire_" })),
    );
    await windows.#connect();
    cleanUp.move();
    return windows;
  }

  get browser(): Browser {
    if (this.#browser === undefined) throw new Error("Chromium has not started");
    return this.#browser;
  }

  get context(): BrowserContext {
    const [context] = this.browser.contexts();
    if (context === undefined) throw new Error("Chromium has no profile");
    return context;
  }

  async #connect(): Promise<void> {
    const port = await eventually(async () => {
      const text = await Deno.readTextFile(`${this.#profile}/DevToolsActivePort`).catch(() => "");
      return /^(\d+)\n/.exec(text)?.[1];
    }, "Chromium to listen");
    this.#browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const session = await this.#browser?.newBrowserCDPSession();
      await session?.send("Browser.close");
      await this.#browser?.close();
      if (session === undefined) this.#process.kill("SIGKILL");
    } catch {
      // It hangs up in the middle of its answer.
    }
    await within(this.#process.status, "Chromium's end");
    await Deno.remove(this.#profile, { recursive: true });
  }
}
