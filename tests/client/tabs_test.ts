import assert from "node:assert/strict";
import { LeaderElection } from "../../client/src/leader_election.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";
import { FakeChannels } from "./support/fake_channels.ts";
import { FakeLocks } from "./support/fake_locks.ts";

/** Tabs of one browser, in a time of their own. */
class Browser {
  readonly clock = new VirtualClock();
  readonly #locks = new FakeLocks();
  readonly #channels = new FakeChannels();

  open({ isVisible }: { isVisible: boolean }) {
    const page = { isVisible, isStill: false };
    const soon = (task: () => void) => page.isStill || this.clock.after(1, task);
    const tabs = new LeaderElection({
      name: "ada",
      clock: this.clock,
      peers: {
        locks: this.#locks.of(page, soon),
        openChannel: (name) => this.#channels.open(page, name, soon),
      },
      isVisible: () => page.isVisible,
      lead() {},
      follow() {},
      receive() {},
    });
    tabs.start();
    return { page, tabs };
  }
}

Deno.test("a tab that can be seen takes the lead of one that has stopped, though nobody touches it", async () => {
  const browser = new Browser();
  const first = browser.open({ isVisible: true });
  await browser.clock.advance(100);
  const second = browser.open({ isVisible: true });
  await browser.clock.advance(60_000);
  assert.deepEqual([first.tabs.leads, second.tabs.leads], [true, false]);
  first.page.isStill = true;
  await browser.clock.advance(15_000);
  assert.equal(second.tabs.leads, true);
  for (const { tabs } of [first, second]) tabs.close();
});

Deno.test("a tab that can't be seen leaves the lead to one that can, and does not ask for it", async () => {
  const browser = new Browser();
  const hidden = browser.open({ isVisible: false });
  await browser.clock.advance(100);
  assert.equal(hidden.tabs.leads, true);
  const seen = browser.open({ isVisible: true });
  await browser.clock.advance(100);
  assert.deepEqual([hidden.tabs.leads, seen.tabs.leads], [false, true]);
  await browser.clock.advance(60_000);
  assert.deepEqual([hidden.tabs.leads, seen.tabs.leads], [false, true]);
  for (const { tabs } of [hidden, seen]) tabs.close();
});

Deno.test("of several tabs one carries out what is claimed, also when the one that did leads no more", async () => {
  const browser = new Browser();
  const done: string[] = [];
  const tabs = ["first", "second"].map((name) => ({ name, ...browser.open({ isVisible: true }) }));
  for (const what of ["a", "b"]) {
    for (const { name, tabs: own } of tabs) own.claim(what, () => done.push(`${name} ${what}`));
  }
  await browser.clock.advance(100);
  assert.deepEqual(done.map((it) => it.split(" ")[1]).toSorted(), ["a", "b"]);
  tabs[0]?.tabs.rest();
  tabs[1]?.tabs.claim("a", () => done.push("again"));
  await browser.clock.advance(100);
  assert.equal(done.length, 2);
  for (const { tabs: own } of tabs) own.close();
});
