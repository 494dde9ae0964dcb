import { BellOfUser } from "../../../client/src/bell.ts";
import { type Environment, environment, type PageEvents } from "../../../client/src/environment.ts";
import type { State } from "../../../client/src/state.ts";
import type { ConnectOptions } from "../../../client/src/connect_options.ts";
import { eventually } from "../../drivers/deadline.ts";
import { FakeChannels } from "./fake_channels.ts";
import { wipe } from "./fake_disk.ts";
import { FakeLocks } from "./fake_locks.ts";

/** What the tabs of one browser share; its network, its time and the service are real. */
export class RealBrowser {
  readonly disk = new Map<string, State>();
  readonly #locks = new FakeLocks();
  readonly #channels = new FakeChannels();
  readonly #bells: BellOfUser[] = [];

  /** Opens a page of an app. @param changes of what the page runs in */
  open(server: string, options: ConnectOptions, changes: Partial<Environment> = {}): RealTab {
    const shared = { locks: this.#locks, channels: this.#channels, disk: this.disk };
    const tab = new RealTab(server, options, shared, changes);
    this.#bells.push(tab.bell);
    return tab;
  }

  [Symbol.dispose](): void {
    for (const bell of this.#bells) bell.close();
  }
}

/** A page of a browser without a window. */
export class RealTab {
  readonly bell: BellOfUser;
  isOnline = true;
  /** It is kept for when the user comes back, and hears nothing of other tabs. */
  isAway = false;
  #page: PageEvents | undefined;

  constructor(
    server: string,
    options: ConnectOptions,
    { locks, channels, disk }: {
      locks: FakeLocks;
      channels: FakeChannels;
      disk: Map<string, State>;
    },
    changes: Partial<Environment>,
  ) {
    const soon = (task: () => void) => this.isAway || queueMicrotask(task);
    this.bell = new BellOfUser(server, {
      ...environment(server, options),
      storage: {
        load: (key) => Promise.resolve(structuredClone(disk.get(key))),
        save: (key, state) => Promise.resolve(void disk.set(key, structuredClone(state))),
        wipe: (key) => Promise.resolve(wipe(disk, key)),
      },
      peers: {
        locks: locks.of(this, soon),
        openChannel: (name) => channels.open(this, name, soon),
      },
      isOnline: () => this.isOnline,
      watchPage: (events) => {
        this.#page = events;
        return () => this.#page = undefined;
      },
      ...changes,
    }, options);
  }

  /** Something happens to the page. */
  happens(event: keyof PageEvents): void {
    this.#page?.[event]();
  }

  get state(): string {
    return this.bell.getSnapshot().connection.state;
  }

  async is(state: string): Promise<void> {
    await eventually(() => this.state === state, () => `${state} instead of ${this.state}`);
  }

  async shows(...titles: string[]): Promise<void> {
    const shown = () => this.bell.getSnapshot().items.map(({ title }) => title).join();
    await eventually(() => shown() === titles.join(), () => `${titles} instead of ${shown()}`);
  }
}
