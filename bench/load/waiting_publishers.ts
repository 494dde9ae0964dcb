import type { Dialect, Recipient } from "./dialect.ts";
import { HttpConnection } from "./http_connection.ts";

/** What came of it. */
export interface WaitingResult {
  readonly deliveriesPerSecond: number;
  /** For each publisher how many were answered 201, the warm-up included. */
  readonly accepted: Uint32Array;
  /** Answers other than 201. */
  readonly refused: number;
}

interface Wait {
  missing: number;
  all: PromiseWithResolvers<void>;
}

/**
 * Publishers that each wait until all devices of their audience have what they published last before
 * they publish again, so that nothing piles up.
 */
export class WaitingPublishers {
  readonly #audiences: readonly number[];
  readonly #waits: readonly Wait[];
  #received = 0;

  /** @param audiences how many devices get what each publisher publishes */
  constructor(audiences: readonly number[]) {
    this.#audiences = audiences;
    this.#waits = audiences.map(() => ({ missing: 0, all: Promise.withResolvers() }));
  }

  /** A device got the notification numbered `n`. */
  heard(n: number): void {
    this.#received++;
    const wait = this.#waits[n % this.#waits.length] as Wait;
    if (--wait.missing === 0) wait.all.resolve();
  }

  /** Publishes until warm-up and measuring, in milliseconds, are over. */
  async run({ port, dialect, to, warmUpMs, measureMs }: {
    port: number;
    dialect: Dialect;
    /** By publisher. */
    to: (publisher: number) => Recipient;
    warmUpMs: number;
    measureMs: number;
  }): Promise<WaitingResult> {
    const publishers = this.#audiences.length;
    const accepted = new Uint32Array(publishers);
    let refused = 0;
    const end = performance.now() + warmUpMs + measureMs;
    const publish = async (publisher: number) => {
      const connection = await HttpConnection.open(port);
      const wait = this.#waits[publisher] as Wait;
      for (let n = publisher; performance.now() < end; n += publishers) {
        wait.missing = this.#audiences[publisher] as number;
        wait.all = Promise.withResolvers();
        const { status } = await connection.send(dialect.publish(to(publisher), n));
        if (status !== 201) {
          refused++;
          continue;
        }
        accepted[publisher] = (accepted[publisher] as number) + 1;
        await wait.all.promise;
      }
      connection.close();
    };
    const receivedAfter = async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return { received: this.#received, at: performance.now() };
    };
    const [from, until] = await Promise.all([
      receivedAfter(warmUpMs),
      receivedAfter(warmUpMs + measureMs),
      ...this.#audiences.map((_, publisher) => publish(publisher)),
    ]);
    return {
      deliveriesPerSecond: (until.received - from.received) / ((until.at - from.at) / 1000),
      accepted,
      refused,
    };
  }
}
