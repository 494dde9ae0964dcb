import assert from "node:assert/strict";
// Loading it takes real time, in which a story would go on in another way each time.
import "../../../client/src/more.ts";
import type { MarkOp } from "../../../client/src/notification.ts";
import { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { encodeItem } from "../../../src/encoding/encode_item.ts";
import { parseNotification } from "../../../src/schemas/parse_notification.ts";
import { asSent } from "../../drivers/as_sent.ts";
import { SimulatedNetwork } from "./simulated_network.ts";
import { SimulatedBrowser, SimulatedTab } from "./simulated_tab.ts";

const USER = "ada";
const TOPIC = "news";
const OPS: readonly MarkOp[] = ["read", "unread", "seen", "archive", "unarchive", "delete"];
const ACTIONS = {
  publish: 12,
  broadcast: 4,
  mark: 8,
  markAll: 2,
  more: 1,
  join: 1.5,
  leave: 0.5,
  say: 2,
  reload: 1,
  cut: 3,
  vanish: 1,
  open: 3,
  close: 2,
  kill: 1,
  freeze: 1,
  thaw: 2,
  hide: 2,
  show: 2,
  offline: 1,
  online: 2,
  down: 0.5,
  up: 2,
  moment: 14,
  while: 2,
};
type Action = keyof typeof ACTIONS;

/** Whatever happened is over and done with after so long. */
const HEAL_MS = 400_000;
/** Refusals that belong to the story: a stream was trimmed or left, or the page was not up to date. */
const EXPECTED: readonly string[] = ["not_found", "closed", "gone", "unreachable"];
/** The same of marks, which may be about what came from a topic that was left meanwhile. */
const OF_MARKS = [...EXPECTED, "forbidden"];

/**
 * Plays what may happen to the tabs of two browsers of one user, lets the dust settle, and looks whether
 * every page shows what the service has. The same seed gives the same story.
 */
export async function play(seed: number, log: string[] = []): Promise<void> {
  const random = new SeededRandom(seed);
  const itemsMax = random.integer(0, 3) === 0 ? 8 : 150;
  const changesMax = random.integer(0, 3) === 0 ? 6 : 500;
  using world = await GatewayWorld.open({
    seed,
    limits: { itemsMax, changesMax },
    heartbeatMs: 25_000,
  });
  const network = new SimulatedNetwork(world, random);
  const browsers = [new SimulatedBrowser(true), new SimulatedBrowser(seed % 2 === 0)];
  const tokenMs = random.integer(0, 2) === 0 ? 30_000 : 3_600_000;
  const open = (browser: SimulatedBrowser) =>
    new SimulatedTab({
      user: USER,
      isKnown: random.next() < 0.3,
      topic: TOPIC,
      browser,
      world,
      network,
      random,
      tokenMs,
    });
  for (const browser of browsers) open(browser);

  let published = 0;
  const publish = async (stream: "user:ada" | "topic:everyone" | "topic:news") => {
    const fields = random.integer(0, 4) === 0 ? { collapseKey: "same" } : {};
    const title = `No. ${++published}`;
    const parsed = parseNotification(
      asSent({ to: { user: USER }, title, ...fields }),
      world.clock.now(),
    );
    await world.store.publisher.publish({
      streams: [stream],
      item: (id, at) => encodeItem(parsed, { id, publishedAt: at }),
    });
  };
  const tabs = () => browsers.flatMap((browser) => [...browser.tabs]);
  const some = <T>(all: readonly T[]): T | undefined => all[random.integer(0, all.length - 1)];

  const act = async (action: Action) => {
    const tab = some(tabs());
    switch (action) {
      case "publish":
        return await world.until(publish("user:ada"));
      case "broadcast":
        return await world.until(publish(random.next() < 0.5 ? "topic:everyone" : "topic:news"));
      case "mark": {
        const { items } = tab?.bell.getSnapshot() ?? { items: [] };
        const chosen = items.slice(0, 8).filter(() => random.next() < 0.3);
        const op = some(OPS) as MarkOp;
        return tab?.isFrozen ? undefined : tab?.ask((bell) => bell.mark(op, chosen), OF_MARKS);
      }
      case "markAll": {
        const op = some(OPS) as MarkOp;
        return tab?.isFrozen ? undefined : tab?.ask((bell) => bell.markAll(op), OF_MARKS);
      }
      case "more":
        return tab?.isFrozen
          ? undefined
          : tab?.ask(async (bell) => await bell.loadMore(), EXPECTED);
      case "join":
        return tab?.isFrozen ? undefined : tab?.ask((bell) => bell.join(TOPIC), EXPECTED);
      case "leave":
        return tab?.isFrozen ? undefined : tab?.ask((bell) => bell.leave(TOPIC), EXPECTED);
      case "say": {
        const title = `No. ${++published}`;
        return tab?.isFrozen
          ? undefined
          : tab?.ask((bell) => bell.publish(TOPIC, { title }), EXPECTED);
      }
      case "reload":
        if (tab) open(tab.browser);
        return tab?.end(true);
      case "cut":
      case "vanish":
        return some([...network.lines])?.cut(action === "cut");
      case "open":
        if (tabs().length < 6) open(some(browsers) as SimulatedBrowser);
        return;
      case "close":
      case "kill":
        return tab?.end(action === "close");
      case "freeze":
        return tab?.freeze(random.next() < 0.5);
      case "thaw":
        return tab?.thaw();
      case "hide":
      case "show":
        return tab?.look(action === "show");
      case "offline":
      case "online":
        return tab?.connectivity(action === "online");
      case "down":
      case "up":
        network.isUp = action === "up";
        return;
      case "moment":
        return await world.clock.advance(random.integer(1, 400));
      case "while":
        return await world.clock.advance(random.integer(1_000, 60_000));
    }
  };
  const steps = random.integer(10, 80);
  for (let i = 0; i < steps; i++) {
    const action = random.weighted(ACTIONS, "moment");
    log.push(`${world.clock.monotonic()} ${action}`);
    await act(action);
  }

  network.isUp = true;
  network.isStormy = false;
  for (const browser of browsers) if (browser.tabs.size === 0) open(browser);
  for (const tab of tabs()) {
    tab.thaw();
    if (!tab.hasNetwork) tab.connectivity(true);
  }
  log.push(`${world.clock.monotonic()} heal`);
  await world.clock.advance(HEAL_MS);
  const healed = await world.inbox(USER);
  for (const [index, browser] of browsers.entries()) {
    for (const tab of browser.tabs) {
      const { items, counts, connection } = tab.bell.getSnapshot();
      const what = `a tab of browser ${index + 1}, once all is quiet`;
      assert.equal(connection.state, "live", what);
      assert.deepEqual(counts, healed.counts, `${what}, counts otherwise`);
      // Of one moment those of another stream may come first.
      const [newest] = healed.items.map(({ id }) => id);
      assert(
        newest === undefined || items.some(({ id }) => id === newest),
        `${what}, lacks the newest`,
      );
    }
  }
  for (const tab of tabs()) {
    const more = (async () => {
      while (await tab.bell.loadMore());
    })();
    await world.until(more);
  }
  // Whatever a tab has been through, it hears of what comes next, and one tab of each browser shows it.
  await world.until(publish("user:ada"));
  await world.clock.advance(10_000);
  const inbox = await world.inbox(USER);
  const [last] = inbox.items.map(({ id }) => id);
  const titles = inbox.items.map(({ title }) => title);
  assert.equal(new Set(titles).size, titles.length, "something was published twice");
  for (const [index, browser] of browsers.entries()) {
    let n = 0;
    for (const tab of browser.tabs) {
      const what = `tab ${++n} of browser ${index + 1}`;
      const { items, counts, connection } = tab.bell.getSnapshot();
      assert.deepEqual(tab.unexpected, [], what);
      assert.equal(connection.state, "live", what);
      assert.equal(tab.pending, 0, `${what} waits for an answer`);
      assert.deepEqual(counts, inbox.counts, `${what} counts otherwise`);
      const short = (list: readonly unknown[]) =>
        list.map((item) => {
          const { stream, seq, read, seen, archived } = item as Record<string, unknown>;
          return `${stream} ${seq} ${read} ${seen} ${archived}`;
        });
      assert.deepEqual(
        short(items).sort(),
        short(inbox.items).sort(),
        `${what} shows something else`,
      );
      // Of one moment those of another stream may come first.
      const order = (list: readonly unknown[]) => {
        const all = list as readonly { publishedAt: string; stream: string; seq: number }[];
        const byStream = all.toSorted((a, b) => a.stream.localeCompare(b.stream));
        return [all.map((it) => it.publishedAt), byStream.map((it) => `${it.stream} ${it.seq}`)];
      };
      assert.deepEqual(order(items), order(inbox.items), `${what}: order`);
      assert.equal(new Set(tab.told).size, tab.told.length, `${what} was told twice`);
      assert(tab.told.includes(`${last}`), `${what} was not told of the last one`);
    }
    assert.equal(
      new Set(browser.toasts).size,
      browser.toasts.length,
      `browser ${index + 1}: two toasts`,
    );
    assert(browser.toasts.includes(`${last}`), `browser ${index + 1}: no toast for the last one`);
    if (!browser.hasLocks) continue;
    const holders = [...browser.tabs].filter((tab) =>
      browser.locks.holder(`bellwire http://world ${USER}`) === tab
    );
    assert.equal(holders.length, 1);
  }
  assert.equal(network.lines.size, browsers.length, "one connection a browser");
  for (const tab of tabs()) tab.bell.close();
  await world.settle();
}
