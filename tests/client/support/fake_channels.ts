import type { Channel } from "../../../client/src/leader_election.ts";
import type { Later } from "./fake_locks.ts";

interface End {
  readonly tab: object;
  readonly name: string;
  readonly later: Later;
  readonly channel: Channel;
}

/** The broadcast channels of one browser: what a tab posts reaches each other tab once, in order. */
export class FakeChannels {
  readonly #ends = new Set<End>();

  /** @param later delays, but never reorders what it is given */
  open(tab: object, name: string, later: Later): Channel {
    const channel: Channel = {
      onmessage: null,
      postMessage: (message) => {
        if (!this.#ends.has(end)) throw new Error("The channel is closed");
        for (const other of this.#ends) {
          if (other === end || other.name !== name) continue;
          const data = structuredClone(message);
          other.later(() => {
            if (this.#ends.has(other)) other.channel.onmessage?.({ data } as never);
          });
        }
      },
      close: () => void this.#ends.delete(end),
    };
    const end: End = { tab, name, later, channel };
    this.#ends.add(end);
    return channel;
  }

  drop(tab: object): void {
    for (const end of this.#ends) if (end.tab === tab) this.#ends.delete(end);
  }
}
