import type { Clock } from "../../clock.ts";
import { dueCodec, publishCodec } from "../codec/records.ts";
import type { Journal } from "../journal/journal.ts";
import { keys } from "../keys.ts";
import type { Kv, KvListed, KvMutation, KvRow } from "../../kv/kv.ts";
import {
  chunksOf,
  headerOf,
  type LinkedRow,
  type NotificationWriter,
  recordIn,
} from "./notification_writer.ts";
import { readScheduled, type Scheduled, sendKey, unscheduled } from "./schedule.ts";

export interface ScheduledSenderOptions {
  readonly kv: Kv;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly chunks: NotificationWriter;
  /** Under which name this instance claims what takes several commits. */
  readonly owner: () => string;
  /** Whether another owner is still there to end what it has started. */
  readonly isAlive: (owner: string) => Promise<boolean>;
}

/** Another instance has done it, or does it. */
class NotOurs extends Error {}

/**
 * Sends what was scheduled, once it is due. The commit of the only, or last, chunk checks the due row
 * and deletes it; so it is sent once, and not forgotten before it has reached everybody.
 */
export class ScheduledSender {
  readonly #options: ScheduledSenderOptions;

  constructor(options: ScheduledSenderOptions) {
    this.#options = options;
  }

  /** @param due the row that makes it due */
  async send(due: KvListed): Promise<void> {
    const { kv, clock, chunks } = this.#options;
    const [, sendAt, id] = due.key as readonly [string, number, string, number];
    const scheduled = await readScheduled(kv, { id, sendAt });
    try {
      if (scheduled === undefined) return await this.#drop(due);
      const { expiresAt = Infinity } = scheduled.item;
      if (expiresAt <= clock.now()) return await this.#drop(due, scheduled);
      const last = chunksOf(scheduled) - 1;
      const version = last === 0 ? due.versionstamp : await this.#claim(due);
      const { ended } = await chunks.write({
        ...scheduled,
        // Of a single one the due row alone decides: who cancels it deletes that too.
        shared: false,
        linkedRow: (chunk) => chunk === last ? this.#end(scheduled, version) : undefined,
      });
      if (!ended) await this.#drop(due);
    } catch (error) {
      if (!(error instanceof NotOurs)) throw error;
    }
  }

  /** What goes with the last commit. */
  #end(scheduled: Scheduled, version: KvRow["versionstamp"]): LinkedRow {
    return {
      key: sendKey(scheduled),
      validate: ({ versionstamp }) => {
        if (versionstamp !== version) throw new NotOurs();
      },
      mutations: () => unscheduled(scheduled),
    };
  }

  /** Makes sure that no other instance works on the same; resolves with the due row's version. */
  async #claim(due: KvListed): Promise<KvRow["versionstamp"]> {
    const { kv, journal, owner, isAlive } = this.#options;
    const own = owner();
    const record = dueCodec.decode(due.value);
    const other = record.kind === "send" ? record.owner : undefined;
    if (other === own) return due.versionstamp;
    if (other !== undefined && await isAlive(other)) throw new NotOurs();
    const value = dueCodec.encode({ kind: "send", owner: own });
    await journal.append({
      parts: [],
      reads: [due.key],
      validate: ([row]) => {
        if (row?.versionstamp !== due.versionstamp) throw new NotOurs();
      },
      complete: () => ({ mutations: [{ kind: "set", key: due.key, value }], result: undefined }),
    });
    const { versionstamp } = await kv.get(due.key);
    if (versionstamp === null) throw new NotOurs();
    return versionstamp;
  }

  /** Forgets what waits, where there is anything left of it. @param expired what it was too late for */
  async #drop(due: KvListed, expired?: Scheduled): Promise<void> {
    const id = String(due.key[2]);
    const place = keys.publish(id, 0);
    await this.#options.journal.append({
      parts: [],
      reads: [due.key, place],
      validate: ([row]) => {
        if (row === undefined || row.value === null) throw new NotOurs();
      },
      complete: (_, [, row]) => {
        const mutations: KvMutation[] = unscheduled({ id, sendAt: Number(due.key[1]) });
        if (expired !== undefined && recordIn(row)?.scheduled) {
          const value = publishCodec.encode({ deliveries: [], ...headerOf(expired) });
          const expireIn = this.#options.chunks.keptMs;
          mutations.push({ kind: "set", key: place, value, expireIn });
        }
        return { mutations, result: undefined };
      },
    });
  }
}
