import { type Clock, repeat, type Timer } from "../clock.ts";
import type { StreamEvents } from "../domain/event.ts";
import type { StreamName } from "../domain/stream_name.ts";
import type { OnError } from "../feeds/error_reports.ts";
import { guard } from "../feeds/feed.ts";
import { ranges } from "../store/keys.ts";
import type { Kv, KvListed } from "../kv/kv.ts";
import type { RowReader } from "../store/rows.ts";
import type { Control } from "./control_line.ts";
import { decodeMail } from "./mail_codec.ts";

export interface MailboxOptions {
  readonly kv: Kv;
  readonly rows: RowReader;
  readonly clock: Clock;
  /** Under which id mail comes now. */
  readonly instance: () => string;
  /** Events of other instances, in the order in which they were committed. */
  readonly deliver: (news: StreamEvents) => void;
  /** Something has happened to a stream that has to be read. */
  readonly look: (stream: StreamName) => void;
  /** What others tell all instances. */
  readonly control: (messages: readonly Control[]) => void;
  /** A piece of mail could not be read: whatever it told of has to be looked for in the store. */
  readonly lost: () => void;
  readonly onError: OnError;
  /** Takes what the listeners above throw. */
  readonly onListenerError: OnError;
}

/** A watch may miss a change, so the mailbox is also read at this interval. */
const LOOK_MS = 11_000;
const PAGE = 500;

/** Takes in what other instances have committed for the devices here. */
export class Mailbox {
  readonly #options: MailboxOptions;
  #timer: Timer | undefined;
  #draining: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, onError } = this.#options;
    this.#timer = repeat(clock, LOOK_MS, () => this.drain(), onError);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#draining;
  }

  /** Delivers whatever lies in the mailbox when it is called, and deletes it. Never rejects. */
  drain(): Promise<void> {
    if (this.#draining !== undefined) {
      // What has just arrived may have missed the look that is under way.
      this.#again = true;
      return this.#draining;
    }
    this.#draining = this.#drain().finally(() => this.#draining = undefined);
    return this.#draining;
  }

  async #drain(): Promise<void> {
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

  /** Mail that cannot be read is given up: all that it told of is stored, too. */
  #open(row: KvListed): void {
    const { rows, deliver, look, control, lost, onListenerError } = this.#options;
    const mail = rows.read(row, () => decodeMail(row.value));
    if (mail === undefined) {
      guard(onListenerError, lost);
      return;
    }
    for (const news of mail.news) {
      const isDelivered = guard(onListenerError, () => deliver(news));
      if (!isDelivered) guard(onListenerError, () => look(news.stream));
    }
    for (const stream of mail.look) guard(onListenerError, () => look(stream));
    const { control: messages } = mail;
    if (messages !== undefined) guard(onListenerError, () => control(messages));
  }
}
