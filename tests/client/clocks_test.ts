import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../client/src/clock.ts";
import { eventually } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";
import { RealBrowser } from "./support/real_browser.ts";

const DAY_MS = 86_400_000;
/** Clocks of two machines, and the way between them. */
const TOLERANCE_MS = 30_000;

for (const [days, what] of [[1, "ahead"], [-1, "behind"]] as const) {
  const clock: Clock = { ...systemClock, now: () => Date.now() + days * DAY_MS };

  Deno.test(`a device whose clock is a day ${what} renews its token in time, and asks for no more than that`, async () => {
    await using service = await Service.start();
    using browser = new RealBrowser();
    let calls = 0;
    let ttl = 3_600;
    const getToken = () => {
      calls++;
      return service.token("ada", { ttl });
    };
    const tab = browser.open(service.url, { getToken, user: "ada" }, { clock });
    await tab.is("live");
    await service.published({ to: { user: "ada" }, title: "one" });
    await tab.shows("one");
    await tab.bell.list();
    assert.equal(calls, 1);
    const { skewMs = 0 } = tab.bell.getSnapshot().connection;
    assert(Math.abs(skewMs + days * DAY_MS) < TOLERANCE_MS, `${skewMs}`);
    tab.bell.close();

    ttl = 4;
    const short = browser.open(service.url, { getToken, user: "ada" }, { clock });
    await short.is("live");
    const states: string[] = [];
    short.bell.on("connection", ({ state }) => states.push(state));
    const before = calls;
    await eventually(() => calls >= before + 3, "three more tokens");
    await service.published({ to: { user: "ada" }, title: "two" });
    await short.shows("two", "one");
    assert.deepEqual(states, []);
  });
}

Deno.test("a token that tells nothing of its age is used until the service names its end", async () => {
  await using service = await Service.start();
  using browser = new RealBrowser();
  let calls = 0;
  const getToken = () => {
    calls++;
    return service.token("ada", { ttl: 4, claims: { iat: undefined as never } });
  };
  const clock: Clock = { ...systemClock, now: () => 0 };
  const tab = browser.open(service.url, { getToken }, { clock });
  await tab.is("live");
  await eventually(() => calls >= 3, "two more tokens");
  assert.equal(tab.state, "live");
});
