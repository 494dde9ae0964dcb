import { type Clock, repeat, type Timer } from "../clock.ts";
import type { StreamEvents } from "../domain/event.ts";
import type { StreamName } from "../domain/stream_name.ts";
import type { OnError } from "../feeds/error_reports.ts";
import { guard } from "../feeds/feed.ts";
import type { Kv, KvListed } from "../kv/kv.ts";
import { ranges } from "../store/keys.ts";
import type { RowReader } from "../store/rows.ts";
import type { Control } from "./control_line.ts";
import { decodeEnvelope } from "./remote_envelope.ts";

export interface RemoteReceiverOptions {
  readonly kv: Kv;
  readonly rows: RowReader;
  readonly clock: Clock;
  /** The id under which the other instances know this one now. */
  readonly instance: () => string;
  /** Takes events of other instances, in the order in which they were committed. */
  readonly deliver: (news: StreamEvents) => void;
  /** Reads a stream because its events were not sent along. */
  readonly look: (stream: StreamName) => void;
  readonly control: (messages: readonly Control[]) => void;
  /** An envelope cannot be read: everything that it may have told has to be read from the store. */
  readonly lost: () => void;
  readonly onError: OnError;
  /** Takes what the listeners above throw. */
  readonly onListenerError: OnError;
}

/** How often envelopes are looked for without a watch event: watches can break. */
const LOOK_MS = 11_000;
const PAGE = 500;

/** Receives what other instances have committed for the devices of this one. */
export class RemoteReceiver {
  readonly #options: RemoteReceiverOptions;
  #timer: Timer | undefined;
  #receiving: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: RemoteReceiverOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, onError } = this.#options;
    this.#timer = repeat(clock, LOOK_MS, () => this.receiveAll(), onError);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#receiving;
  }

  /** Delivers, then deletes, all envelopes that are stored when it is called. Never rejects. */
  receiveAll(): Promise<void> {
    if (this.#receiving !== undefined) {
      // The look in progress may have missed what has just arrived.
      this.#again = true;
      return this.#receiving;
    }
    this.#receiving = this.#receive().finally(() => this.#receiving = undefined);
    return this.#receiving;
  }

  async #receive(): Promise<void> {
    try {
      do {
        this.#again = false;
        while (!this.#stopped && await this.#deliverPage() === PAGE);
      } while (this.#again && !this.#stopped);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async #deliverPage(): Promise<number> {
    const { kv, instance } = this.#options;
    const rows = await kv.list(ranges.mail(instance()), { limit: PAGE });
    // Keys are ordered by clocks of different machines, versions by the commits themselves.
    rows.sort((a, b) => a.versionstamp < b.versionstamp ? -1 : 1);
    for (const row of rows) this.#open(row);
    if (rows.length > 0) {
      const mutations = rows.map(({ key }) => ({ kind: "delete", key }) as const);
      await kv.commit({ checks: [], mutations });
    }
    return rows.length;
  }

  /** Opens an envelope. One that cannot be read is dropped: all that it tells is stored, too. */
  #open(row: KvListed): void {
    const { rows, deliver, look, control, lost, onListenerError } = this.#options;
    const envelope = rows.read(row, () => decodeEnvelope(row.value));
    if (envelope === undefined) {
      guard(onListenerError, lost);
      return;
    }
    for (const news of envelope.news) {
      const isDelivered = guard(onListenerError, () => deliver(news));
      if (!isDelivered) guard(onListenerError, () => look(news.stream));
    }
    for (const stream of envelope.look) guard(onListenerError, () => look(stream));
    const { control: messages } = envelope;
    if (messages !== undefined) guard(onListenerError, () => control(messages));
  }
}
