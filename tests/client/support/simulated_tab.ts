import { BellOfUser } from "../../../client/src/bell.ts";
import { ChannelLocks } from "../../../client/src/channel_locks.ts";
import type { Clock } from "../../../client/src/clock.ts";
import type { PageEvents } from "../../../client/src/environment.ts";
import type { State } from "../../../client/src/state.ts";
import type { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import type { SeededRandom } from "../../simulation/support/seeded_random.ts";
import { FakeChannels } from "./fake_channels.ts";
import { wipe } from "./fake_disk.ts";
import { FakeLocks } from "./fake_locks.ts";
import { disguised, type Line, type SimulatedNetwork } from "./simulated_network.ts";

/** What the tabs of one browser share. */
export class SimulatedBrowser {
  /** @param hasLocks whether it gives its pages locks, as it does only where there is TLS */
  constructor(readonly hasLocks: boolean) {}

  readonly locks = new FakeLocks();
  readonly channels = new FakeChannels();
  readonly disk = new Map<string, State>();
  /** Ids that a toast was shown for, in any tab. */
  readonly toasts: string[] = [];
  readonly tabs = new Set<SimulatedTab>();
}

const STORAGE_MS = 30;
const LOCK_MS = 15;
const POST_MS = 15;
const TOKEN_MS = 100;

/** A page that may be hidden, frozen, cut off and closed at any time. */
export class SimulatedTab {
  readonly user: string;
  readonly browser: SimulatedBrowser;
  readonly bell: BellOfUser;
  readonly lines = new Set<Line>();
  /** Ids of what the page was told of, in order. */
  readonly told: string[] = [];
  /** What was asked for and not answered. */
  pending = 0;
  readonly unexpected: unknown[] = [];
  hasNetwork = true;
  isVisible = true;
  isFrozen = false;
  #isGone = false;
  #backlog: (() => void)[] = [];
  #postAt = 0;
  #page: PageEvents | undefined;
  readonly #world: GatewayWorld;
  readonly #random: SeededRandom;

  constructor(options: {
    user: string;
    /** Whether the page knows the user's id from the start. */
    isKnown: boolean;
    /** The user may join it, and publish to it. */
    topic: string;
    browser: SimulatedBrowser;
    world: GatewayWorld;
    network: SimulatedNetwork;
    random: SeededRandom;
    tokenMs: number;
  }) {
    const { browser, world, network, random, tokenMs, user, isKnown, topic } = options;
    this.user = user;
    this.browser = browser;
    this.#world = world;
    this.#random = random;
    browser.tabs.add(this);
    const stored = async <T>(act: () => T): Promise<T> => {
      await this.pause(STORAGE_MS);
      const result = act();
      await this.pause(STORAGE_MS);
      return result;
    };
    const clock: Clock = {
      now: () => world.clock.now(),
      monotonic: () => world.clock.monotonic(),
      after: (ms, task) => {
        // What is cancelled does not happen, be it that only a frozen page has kept it from happening.
        let due: (() => void) | undefined = task;
        const timer = world.clock.after(ms, () => this.run(() => due?.()));
        return {
          cancel: () => {
            due = undefined;
            timer.cancel();
          },
        };
      },
    };
    const newId = () => `${random.next()}`;
    const openChannel = (name: string) =>
      browser.channels.open(this, name, (task) => {
        this.#postAt = Math.max(
          this.#postAt,
          world.clock.monotonic() + random.integer(0, POST_MS),
        );
        this.#later(0, task, this.#postAt - world.clock.monotonic());
      });
    const locks = browser.hasLocks
      ? browser.locks.of(this, (task) => this.#later(LOCK_MS, task))
      : new ChannelLocks({ openChannel, clock, newId });
    this.bell = new BellOfUser("http://world", {
      clock,
      random: random.next,
      newId,
      storage: {
        load: (key) => stored(() => structuredClone(browser.disk.get(key))),
        save: (key, state) => stored(() => void browser.disk.set(key, structuredClone(state))),
        wipe: (key) => stored(() => wipe(browser.disk, key)),
      },
      peers: { locks, openChannel },
      transports: [network.sockets(this)],
      fetch: network.fetch(this),
      isVisible: () => this.isVisible,
      hasFocus: () => this.isVisible,
      isOnline: () => this.hasNetwork,
      watchPage: (events) => {
        this.#page = events;
        return () => this.#page = undefined;
      },
    }, {
      ...(isKnown ? { user } : {}),
      getToken: async () => {
        await this.pause(TOKEN_MS);
        if (network.isStormy && random.next() < 0.1) throw new Error("The backend has a bad day");
        const claims = { topics: [topic], publish: [`topic:${topic}`] };
        return disguised(world.token(user, tokenMs, claims));
      },
    });
    this.bell.on("notification", ({ id }) => this.told.push(id));
    this.bell.on("toast", ({ id }) => browser.toasts.push(id));
    this.bell.on("error", (error) => this.unexpected.push(error));
  }

  /** Runs what happens to the page, as soon as it may run. */
  run(task: () => void): void {
    if (this.#isGone) return;
    if (this.isFrozen) this.#backlog.push(task);
    else task();
  }

  /** Up to so many milliseconds; forever where the page is gone by then. */
  pause(maxMs: number): Promise<void> {
    return new Promise((resolve) => this.#later(maxMs, resolve));
  }

  /** Asks for something, and counts it until it is answered. */
  ask(act: (bell: BellOfUser) => Promise<unknown>, expected: readonly string[]): void {
    this.pending++;
    act(this.bell).then(
      () => this.pending--,
      (error) => {
        this.pending--;
        if (!expected.includes(error?.code)) this.unexpected.push(error);
      },
    );
  }

  look(isVisible: boolean): void {
    this.isVisible = isVisible;
    this.run(() => this.#page?.visibilitychange());
  }

  connectivity(isThere: boolean): void {
    this.hasNetwork = isThere;
    if (!isThere) { for (const line of this.lines) line.cut(false); }
    this.run(() => isThere ? this.#page?.online() : this.#page?.offline());
  }

  /** From now on nothing runs here. @param announced the browser says so before */
  freeze(announced: boolean): void {
    if (announced) this.run(() => this.#page?.freeze());
    this.isFrozen = true;
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const task of backlog) this.run(task);
    this.run(() => this.#page?.resume());
  }

  /** The page is closed or its process killed. @param announced it hears of it before */
  end(announced: boolean): void {
    if (announced) this.run(() => this.#page?.pagehide());
    this.#isGone = true;
    this.browser.tabs.delete(this);
    this.browser.locks.drop(this);
    this.browser.channels.drop(this);
    for (const line of this.lines) line.cut(false);
  }

  #later(maxMs: number, task: () => void, atLeast = 0): void {
    const ms = atLeast + this.#random.integer(0, maxMs);
    this.#world.clock.after(ms, () => this.run(task));
  }
}
