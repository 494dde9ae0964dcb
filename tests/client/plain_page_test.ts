import assert from "node:assert/strict";
import { CHROMIUM, launchChromium } from "../drivers/chromium.ts";
import { DEADLINE_MS } from "../drivers/deadline.ts";
import { codeOf } from "../drivers/readme.ts";
import { Service } from "../drivers/service.ts";

const ignore = CHROMIUM === undefined;

/** Serves a page with nothing in it but what the README says, and opens it. */
async function openPage(code: string) {
  await using cleanUp = new AsyncDisposableStack();
  const answers = { page: () => "", token: () => Promise.resolve("") };
  const server = cleanUp.use(serve(answers));
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const service = cleanUp.use(await Service.start({ env: { BELLWIRE_ALLOWED_ORIGINS: origin } }));
  answers.token = () => service.token("ada");
  answers.page = () =>
    `<!doctype html><title>A page</title><link rel="icon" href="data:,">
${code.replaceAll("https://notify.example.com", service.url)}`;
  const browser = cleanUp.use(await launchChromium());
  const page = await browser.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(origin);
  // Without anything to count it has another name.
  await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  await service.connections(1);
  const all = cleanUp.move();
  return { service, page, said, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

interface Answers {
  readonly page: () => string;
  readonly token: () => Promise<string>;
}

function serve(answers: Answers): Deno.HttpServer<Deno.NetAddr> {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  return Deno.serve(options, async (request) => {
    if (new URL(request.url).pathname === "/token") return new Response(await answers.token());
    return new Response(answers.page(), { headers: { "content-type": "text/html" } });
  });
}

Deno.test(
  "the two lines of the README put a bell on a plain page of another origin",
  { ignore },
  async () => {
    const code = await codeOf("client/README.md", "<bellwire-bell token-url");
    assert.equal(code.trim().split("\n").length, 2);
    await using app = await openPage(code);
    await app.service.published({ to: { user: "ada" }, title: "Hello" });
    await app.page.getByRole("button", { name: "Notifications, 1 unread" }).click();
    await app.page.getByRole("listitem").filter({ hasText: "Hello" }).waitFor();
    assert.deepEqual(app.said, []);
  },
);

Deno.test(
  "the README's script gives the bell of a plain page its connection, and hears of toasts",
  { ignore },
  async () => {
    await using app = await openPage(
      await codeOf("client/README.md", `document.querySelector("bellwire-bell").bell = bell`),
    );
    const heard = app.page.waitForEvent("console");
    await app.page.waitForFunction(
      `document.querySelector("bellwire-bell").bell.getSnapshot().connection.state === "live"`,
    );
    await app.service.published({ to: { user: "ada" }, title: "Hello" });
    assert.equal((await heard).text(), "Hello");
    await app.page.getByRole("button", { name: "Notifications, 1 unread" }).waitFor();
    assert.deepEqual(app.said, ["Hello"]);
  },
);
