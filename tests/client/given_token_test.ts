// deno-lint-ignore-file no-console -- what it is told is what is looked at here
import assert from "node:assert/strict";
import type { ConnectOptions, GivenToken } from "../../client/src/mod.ts";
import { eventually } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import { RealBrowser } from "./support/real_browser.ts";

/** Notes what the console is told, until it is disposed of. */
class Console implements Disposable {
  readonly told: string[] = [];
  readonly #before = { error: console.error, warn: console.warn };

  constructor() {
    console.error = (text) => void this.told.push(`error ${text}`);
    console.warn = (text) => void this.told.push(`warn ${text}`);
  }

  [Symbol.dispose](): void {
    Object.assign(console, this.#before);
  }
}

/** Opens a page whose `getToken` gives this. */
function open(
  service: Service,
  browser: RealBrowser,
  give: () => unknown,
  options: Partial<ConnectOptions> = {},
) {
  const getToken = () => give() as GivenToken | Promise<GivenToken>;
  return browser.open(service.url, { getToken, ...options });
}

Deno.test("a token may come as text, as an object, or as the answer of a fetch with either", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const token = await service.token("ada");
  const given = [
    token,
    { token },
    () => new Response(token),
    () => new Response(` ${token}\n`),
    () => Response.json({ token }),
    () => Response.json(token),
    () => new Response(token, { status: 201, headers: { "content-type": "text/html" } }),
  ];
  for (const it of given) {
    const tab = open(service, browser, () => typeof it === "function" ? it() : it);
    await tab.is("live");
    assert.equal(tab.bell.getSnapshot().user, "ada");
    tab.bell.close();
  }
});

Deno.test("an answer of 401 or 403 says that nobody is signed in, without a word to the console", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  using terminal = new Console();
  for (const status of [401, 403]) {
    let calls = 0;
    const tab = open(service, browser, () => {
      calls++;
      return new Response("Sign in first", { status });
    });
    await tab.is("closed");
    assert.equal(tab.bell.getSnapshot().connection.error?.code, "signed_out");
    assert.equal(calls, 1);
  }
  assert.deepEqual(terminal.told, []);
});

Deno.test("what else is no token is asked for again, and the console is told once, in words that help", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const token = await service.token("ada");
  const cases: [unknown, RegExp][] = [
    [() => new Response("busy", { status: 503 }), /answered 503$/],
    [() => new Response("not found", { status: 404 }), /answered 404$/],
    [() => new Response("<h1>Sign in to this network</h1>"), /no JWT of a user/],
    [undefined, /no JWT of a user/],
    [null, /no JWT of a user/],
    [5, /no JWT of a user/],
    [{ jwt: token }, /no JWT of a user/],
    [() => Promise.reject(new Error("The backend has a bad day")), /The backend has a bad day$/],
  ];
  for (const [bad, expected] of cases) {
    using terminal = new Console();
    let calls = 0;
    const tab = open(service, browser, () => {
      if (++calls > 2) return token;
      return typeof bad === "function" ? bad() : bad;
    });
    await tab.is("live");
    assert.equal(terminal.told.length, 1, `${terminal.told}`);
    assert.match(terminal.told[0] ?? "", expected);
    assert(terminal.told[0]?.startsWith("warn Bellwire: getToken failed"));
    tab.bell.close();
  }
});

Deno.test("the user's name may be any text, and stand in another claim", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  const claims = btoa(
    String.fromCharCode(...new TextEncoder().encode(JSON.stringify({ email: "zoë@example.com" }))),
  );
  const tab = open(service, browser, () => `e30.${claims}.e30`, { userClaim: "email" });
  await eventually(() => tab.bell.getSnapshot().user === "zoë@example.com", "the user's name");
});

Deno.test("why a connection was closed for good is told the console once, in the service's words", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  using terminal = new Console();
  const tab = open(service, browser, () => service.token("ada"));
  await tab.is("live");
  await service.fetch("/v1/users/ada", {
    method: "DELETE",
    headers: { authorization: `Bearer ${service.key}` },
  });
  await tab.is("closed");
  const reason = tab.bell.getSnapshot().connection.reason;
  assert.deepEqual(terminal.told, [`error Bellwire: ${reason} (revoked)`]);
  tab.bell.retry();
  await tab.is("closed");
  assert.equal(terminal.told.length, 1);
});
