import { Alarm, type Clock } from "./clock.ts";
import { safely } from "./errors.ts";

/** The part of `navigator.locks` that is needed. */
export interface Locks {
  request(
    name: string,
    options: {
      readonly steal?: boolean;
      readonly ifAvailable?: boolean;
      readonly signal?: AbortSignal;
    },
    held: (lock?: unknown) => Promise<unknown>,
  ): Promise<unknown>;
}

/** The part of a `BroadcastChannel` that is needed. */
export interface Channel {
  onmessage: ((event: never) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** What tabs can use to find each other. */
export interface Peers {
  readonly locks: Locks;
  readonly openChannel: (name: string) => Channel;
}

/** Nothing is on its other end. */
export const mute: Channel = { onmessage: null, postMessage() {}, close() {} };

/** Of a page that has to do everything by itself, or may use nothing of this. */
export const alone: Peers = {
  locks: { request: (_name, _options, held) => held(true) },
  openChannel: () => mute,
};

export interface LeaderElectionOptions {
  /** Tabs of one name share a connection. */
  readonly name: string;
  readonly peers: Peers;
  readonly clock: Clock;
  /** Whether this tab can be seen. */
  readonly isVisible: () => boolean;
  /** This tab leads from now on. */
  readonly lead: () => void;
  /** Another one does. */
  readonly follow: () => void;
  /** What another tab has posted, as it was. */
  readonly receive: (message: never) => void;
}

/** What tabs tell each other about themselves. */
type Talk =
  /** Who leads? */
  | { readonly tabs: "who" }
  /** I do. */
  | { readonly tabs: "here"; readonly visible: boolean };

/** A leader that does not answer for so long is frozen. */
const ANSWER_MS = 3_000;
/** So many claims are kept: a tab may have stood still for long when it makes one. */
const CLAIMS = 500;
/** Where a lock was stolen or refused it is asked for again after this time. */
const AGAIN_MS = 1_000;
/** So often a tab that can be seen looks whether its leader is still there. */
const LOOK_MS = 10_000;

/**
 * One of several tabs leads: it holds a lock, which the browser gives to the next one when it is closed.
 * A tab that can be seen takes the lead from one that can't, as browsers slow those down or freeze them.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #channel: Channel;
  readonly #unanswered: Alarm;
  readonly #again: Alarm;
  /** Takes back what this tab has asked the locks for. */
  #waiting = new AbortController();
  #release: (() => void) | undefined;
  /** Give up what was claimed, oldest first. */
  readonly #claims: (() => void)[] = [];

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#unanswered = new Alarm(options.clock);
    this.#again = new Alarm(options.clock);
    this.#channel = options.peers.openChannel(options.name);
    this.#channel.onmessage = ({ data }: { data: unknown }) => this.#hear(data);
  }

  get leads(): boolean {
    return !!this.#release;
  }

  /**
   * Resolves when `leads` is what the locks say too. A tab that stood still while another took the lead is
   * told so only after all that came over its connection meanwhile.
   */
  async confirm(): Promise<void> {
    // An answer of the locks comes after whatever they had to say before. Where they are refused by now this
    // tab goes by what it knows.
    if (this.leads) await this.#lock({ ifAvailable: true }, async () => {}).catch(() => {});
  }

  /** Does something that is to be done in one tab only: the one that is the first to claim it. */
  claim(what: string, task: () => void): void {
    this.#lock({ ifAvailable: true }, async (lock) => {
      if (!lock) return;
      task();
      await new Promise<void>((release) => this.#claims.push(release));
    }, what).catch(() => {});
    if (this.#claims.length > CLAIMS) this.#claims.shift()?.();
  }

  /** Begins, or goes on after a rest; until it leads, another tab may. */
  start(): void {
    this.#request();
    this.look();
  }

  /** Tells all other tabs. */
  post(message: unknown): void {
    // A page may be going away, or may use the channel no more. The others miss it, and ask.
    safely(() => this.#channel.postMessage(message));
  }

  /** Whether this tab can be seen has changed. */
  look(): void {
    if (this.leads) this.#tell();
    else if (this.#options.isVisible()) {
      this.post({ tabs: "who" } satisfies Talk);
      this.#unanswered.set(ANSWER_MS, () => this.#request(true));
    }
  }

  /** Wants to lead no more until it is started again: the browser is about to freeze it. */
  rest(): void {
    this.#waiting.abort();
    for (const alarm of [this.#unanswered, this.#again]) alarm.clear();
    if (this.leads) this.#lose();
  }

  /** Takes part no longer. */
  close(): void {
    this.rest();
    for (const release of this.#claims) release();
    this.#channel.close();
  }

  #hear(data: unknown): void {
    const { tabs, visible } = Object(data);
    if (tabs === undefined) {
      // Another version of the client may mean something else by it, or it is not of a client.
      return safely(() => this.#options.receive(data as never));
    }
    if (this.leads) {
      if (tabs === "who") this.#tell();
      return;
    }
    if (tabs !== "here") return;
    this.#unanswered.set(LOOK_MS, () => this.look());
    if (!visible && this.#options.isVisible()) this.#request(true);
  }

  #tell(): void {
    this.post({ tabs: "here", visible: this.#options.isVisible() } satisfies Talk);
  }

  #request(steal = false): void {
    if (this.leads) return;
    // What was asked for before would be granted once this tab lets go of the lock, to nobody's use.
    this.#waiting.abort();
    const { signal } = this.#waiting = new AbortController();
    // The browser takes no signal with `steal`.
    this.#lock(steal ? { steal } : { signal }, () => {
      if (signal.aborted) return Promise.resolve();
      return new Promise<void>((release) => {
        this.#release = release;
        this.#unanswered.clear();
        this.#options.lead();
        this.#tell();
      });
    }).catch(() => {
      // Taken back by this tab, or stolen by another one.
      if (signal.aborted) return;
      if (this.leads) this.#lose();
      // It may be granted still, though another tab has stolen it.
      this.#waiting.abort();
      // Without a pause this would go on for ever where locks are refused.
      this.#again.set(AGAIN_MS, () => this.#request());
    });
  }

  #lock(
    options: Parameters<Locks["request"]>[1],
    held: (lock?: unknown) => Promise<unknown>,
    what = "",
  ): Promise<unknown> {
    const { peers: { locks }, name } = this.#options;
    return locks.request(name + what, options, held);
  }

  #lose(): void {
    this.#release?.();
    this.#release = undefined;
    this.#options.follow();
  }
}
