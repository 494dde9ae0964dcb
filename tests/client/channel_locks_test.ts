import assert from "node:assert/strict";
import { ChannelLocks } from "../../client/src/channel_locks.ts";
import type { Locks } from "../../client/src/leader_election.ts";
import { VirtualClock } from "../fakes/virtual_clock.ts";
import { FakeChannels } from "./support/fake_channels.ts";

/** Pages of one browser that gives them no locks, in a time of their own. */
class Browser {
  readonly clock = new VirtualClock();
  readonly channels = new FakeChannels();
  /** Which pages hold the lock `lead` by their own account. */
  readonly leaders = new Set<string>();
  #ids = 0;

  open(name: string): Page {
    const page: Page = { name, locks: undefined as never, isStill: false, missed: [] };
    page.locks = new ChannelLocks({
      openChannel: (channel) =>
        this.channels.open(
          page,
          channel,
          (task) => this.clock.after(1, () => page.isStill ? void page.missed.push(task) : task()),
        ),
      clock: {
        now: () => this.clock.now(),
        monotonic: () => this.clock.monotonic(),
        after: (ms, task) =>
          this.clock.after(ms, () => page.isStill ? void page.missed.push(task) : task()),
      },
      newId: () => `${this.#ids++}`.padStart(3, "0"),
    });
    return page;
  }

  /** Has a page want to lead until it is told otherwise. */
  async lead(page: Page, steal = false): Promise<void> {
    try {
      await page.locks.request("lead", { steal }, () => {
        this.leaders.add(page.name);
        return new Promise<void>((release) => page.release = release);
      });
    } finally {
      this.leaders.delete(page.name);
    }
  }

  async leads(...names: string[]): Promise<void> {
    await this.clock.advance(2_000);
    assert.deepEqual([...this.leaders], names);
  }
}

interface Page {
  readonly name: string;
  locks: Locks;
  isStill: boolean;
  missed: (() => void)[];
  release?: () => void;
}

/** Pages as they come, of which the first one leads. */
async function pages(browser: Browser, count: number): Promise<[Page, Page, ...Page[]]> {
  const all = Array.from({ length: count }, (_, i) => browser.open(`${i + 1}`));
  for (const page of all) {
    void browser.lead(page).catch(() => {});
    await browser.leads("1");
  }
  return all as [Page, Page, ...Page[]];
}

Deno.test("of pages that want a lock in the same moment one has it", async () => {
  const browser = new Browser();
  for (const name of "abcdefg") void browser.lead(browser.open(name));
  await browser.clock.advance(5_000);
  assert.equal(browser.leaders.size, 1);
});

Deno.test("a page that lets go of a lock passes it on to one that waits", async () => {
  const browser = new Browser();
  const [first] = await pages(browser, 3);
  first.release?.();
  await browser.clock.advance(2_000);
  assert.equal(browser.leaders.size, 1);
  assert(!browser.leaders.has("1"));
});

Deno.test("the lock of a page that is gone without a word passes on", async () => {
  const browser = new Browser();
  const [first] = await pages(browser, 2);
  browser.channels.drop(first);
  first.isStill = true;
  await browser.clock.advance(10_000);
  assert(browser.leaders.has("2"));
});

Deno.test("a page that stood still while another took its lock has it no more", async () => {
  const browser = new Browser();
  const [first] = await pages(browser, 2);
  first.isStill = true;
  await browser.clock.advance(10_000);
  assert.deepEqual([...browser.leaders], ["1", "2"]);
  first.isStill = false;
  for (const task of first.missed.splice(0)) task();
  await browser.leads("2");
});

Deno.test("a lock that is stolen is lost at once, and one of several thieves keeps it", async () => {
  const browser = new Browser();
  const [, second] = await pages(browser, 2);
  const third = browser.open("3");
  const robbed = [second, third].map((page) => browser.lead(page, true).catch((it) => it.name));
  await browser.clock.advance(1_000);
  assert.equal(browser.leaders.size, 1);
  assert(!browser.leaders.has("1"));
  assert.equal(await Promise.race(robbed), "AbortError");
});

Deno.test("who only wants a lock that is free hears that it is taken, also in the page that has it", async () => {
  const browser = new Browser();
  const [first, second] = await pages(browser, 2);
  const answers: unknown[] = [];
  for (const { locks } of [first, second]) {
    void locks.request(
      "lead",
      { ifAvailable: true },
      (lock) => Promise.resolve(answers.push(lock)),
    );
  }
  void second.locks.request(
    "other",
    { ifAvailable: true },
    (lock) => Promise.resolve(answers.push(!!lock)),
  );
  await browser.leads("1");
  assert.deepEqual(answers, [null, null, true]);
});

Deno.test("a request that is taken back is refused, and wants nothing any more", async () => {
  const browser = new Browser();
  const [first] = await pages(browser, 2);
  const controller = new AbortController();
  const { signal } = controller;
  const asked = browser.open("3").locks.request("lead", { signal }, () => {
    throw new Error("It was granted");
  });
  await browser.leads("1");
  controller.abort();
  await assert.rejects(asked, { name: "AbortError" });
  first.release?.();
  await browser.leads("2");
});
