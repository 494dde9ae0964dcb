import type { Clock } from "./clock.ts";
import type { Channel, Locks } from "./leader_election.ts";

/** Another tab says within this time that a lock is taken, unless it stands still. */
const ANSWER_MS = 400;
/** A tab that is known to hold a lock has longer: it may just be busy. */
const HOLDER_MS = 3_000;
/** So often a tab that waits for a lock looks whether its holder is still there. */
const POLL_MS = 5_000;
/** Messages that were posted before come within this time. */
const TURN_MS = 50;

/** What tabs tell each other about locks. `id` names one request for a lock. */
type Talk =
  /** May I have it? */
  | { readonly lock: "want"; readonly name: string; readonly id: string }
  /** No: it is taken, or another tab asks for it and goes first. To the request with this id. */
  | { readonly lock: "taken"; readonly name: string; readonly id: string }
  /** I have it, and whoever had it has it no more. */
  | { readonly lock: "mine"; readonly name: string; readonly id: string }
  /** I have it no more. */
  | { readonly lock: "free"; readonly name: string };

interface Grant {
  readonly id: string;
  readonly since: number;
  readonly lose: () => void;
}

interface Want {
  readonly name: string;
  readonly id: string;
  /** Whether it waits for answers. */
  isAsking: boolean;
  /** Another tab has it, or goes first. */
  refused: () => void;
  /** It may be had again. */
  freed: () => void;
}

export interface ChannelLocksOptions {
  readonly openChannel: (name: string) => Channel;
  readonly clock: Clock;
  readonly newId: () => string;
}

/**
 * Locks among tabs, for pages that the browser gives none, such as those without TLS: a tab that wants
 * one asks all others on a channel, and has it where none objects in time.
 *
 * A tab that stood still may find that another has taken its lock meanwhile, and two may have one for a
 * moment until they hear of each other. Then the later one keeps it; of two that came at about the same
 * time, the one with the smaller id.
 */
export class ChannelLocks implements Locks {
  readonly #options: ChannelLocksOptions;
  readonly #granted = new Map<string, Grant>();
  readonly #wanted = new Set<Want>();
  #isDropped = false;
  /** Open while there is something to hear. */
  #channel: Channel | undefined;

  constructor(options: ChannelLocksOptions) {
    this.#options = options;
  }

  async request(
    ...[name, { steal, ifAvailable, signal }, held]: Parameters<Locks["request"]>
  ): Promise<unknown> {
    const want: Want = {
      name,
      id: this.#options.newId(),
      isAsking: false,
      refused() {},
      freed() {},
    };
    this.#channel ??= this.#open();
    this.#wanted.add(want);
    try {
      let patience = ANSWER_MS;
      while (!steal && !await this.#ask(want, patience, signal)) {
        if (ifAvailable) return await held(null);
        const isFree = await this.#pause(POLL_MS, signal, (end) => want.freed = end);
        patience = isFree ? ANSWER_MS : HOLDER_MS;
      }
      signal?.throwIfAborted();
      if (this.#isDropped) throw lost();
      return await this.#hold(want, held);
    } finally {
      this.#wanted.delete(want);
      this.#rest();
    }
  }

  /** Takes back all that was asked for and granted, as if it was stolen: there are better locks by now. */
  drop(): undefined {
    this.#isDropped = true;
    for (const grant of [...this.#granted.values()]) grant.lose();
    for (const want of [...this.#wanted]) {
      want.refused();
      want.freed();
    }
  }

  /** @returns whether no tab objects */
  async #ask(want: Want, ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    // The caller looks at that next.
    if (this.#isDropped) return true;
    // What another tab has just said about it may be on its way.
    if (this.#granted.has(want.name)) await this.#pause(TURN_MS, signal);
    want.isAsking = true;
    const isRefused = await this.#pause(ms, signal, (end) => {
      want.refused = end;
      this.#say({ lock: "want", name: want.name, id: want.id });
    });
    // A page that stood still, or was busy, has yet to hear the answer.
    if (!isRefused) await this.#pause(TURN_MS, signal, (end) => want.refused = end);
    const isFree = want.isAsking;
    want.isAsking = false;
    return isFree;
  }

  #hold({ name, id }: Want, held: (lock?: unknown) => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const since = this.#options.clock.monotonic();
      const lose = () => {
        this.#granted.delete(name);
        reject(lost());
      };
      this.#granted.get(name)?.lose();
      const grant = { id, since, lose };
      this.#granted.set(name, grant);
      this.#say({ lock: "mine", name, id });
      const release = () => {
        if (this.#granted.get(name) !== grant) return;
        this.#granted.delete(name);
        this.#say({ lock: "free", name });
      };
      Promise.resolve({}).then(held).finally(release).then(resolve, reject);
    });
  }

  #hear(talk: Talk): void {
    const { lock, name, id = "" } = talk as Talk & { readonly id?: string };
    const grant = this.#granted.get(name);
    const wanted = [...this.#wanted].filter((want) => want.name === name);
    const asking = wanted.filter((want) => want.isAsking && want.id !== id);
    const refuse = (want: Want) => {
      want.isAsking = false;
      want.refused();
    };
    switch (lock) {
      case "want":
        if (grant || asking.some((want) => want.id < id)) this.#say({ lock: "taken", name, id });
        else asking.forEach(refuse);
        return;
      case "taken":
        return wanted.filter((want) => want.isAsking && want.id === id).forEach(refuse);
      case "mine":
        asking.forEach(refuse);
        if (!grant || grant.id === id) return;
        if (grant.id < id && this.#isYoung(grant)) {
          return this.#say({ lock: "mine", name, id: grant.id });
        }
        return grant.lose();
      case "free":
        for (const want of wanted) want.freed();
    }
  }

  /** Whether two tabs may have taken a lock without a chance to hear of each other. */
  #isYoung({ since }: Grant): boolean {
    return this.#options.clock.monotonic() - since < 2 * ANSWER_MS;
  }

  /** Tells all tabs, this one included: it may have several that want a lock. */
  #say(talk: Talk): void {
    try {
      this.#channel?.postMessage(talk);
    } catch {
      // A page that is going away. Whoever waits for an answer looks again.
    }
    this.#hear(talk);
  }

  #open(): Channel {
    const channel = this.#options.openChannel("bellwire locks");
    channel.onmessage = ({ data }: { data: unknown }) => {
      const { lock, name } = Object(data);
      if (typeof lock === "string" && typeof name === "string") this.#hear(data as Talk);
    };
    return channel;
  }

  #rest(): void {
    if (this.#wanted.size + this.#granted.size > 0) return;
    this.#channel?.close();
    this.#channel = undefined;
  }

  /**
   * @param begin is given what ends the pause early
   * @returns whether it was ended early
   * @throws the reason of the signal
   */
  #pause(
    ms: number,
    signal: AbortSignal | undefined,
    begin: (end: () => void) => void = () => {},
  ): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const over = () => {
        timer.cancel();
        signal?.removeEventListener("abort", aborted);
      };
      const aborted = () => {
        over();
        reject(signal?.reason);
      };
      const timer = this.#options.clock.after(ms, () => {
        over();
        resolve(false);
      });
      if (signal?.aborted) return aborted();
      signal?.addEventListener("abort", aborted);
      begin(() => {
        over();
        resolve(true);
      });
    });
  }
}

function lost(): DOMException {
  return new DOMException("Another tab has taken the lock", "AbortError");
}
