import { publishCodec, type PublishRecord } from "../codec/records.ts";
import type { Entry } from "../journal/entry.ts";
import type { Journal, Reservation } from "../journal/journal.ts";
import { keys } from "../keys.ts";
import type { Kv, KvMutation, KvRow } from "../../kv/kv.ts";
import { CHUNK_RECIPIENTS, recordIn, waitForAll } from "./notification_writer.ts";
import { unscheduled } from "./schedule.ts";

export interface RecallOptions {
  readonly kv: Kv;
  readonly journal: Journal;
  /** How long a record is kept that is written now, in milliseconds. */
  readonly keptMs: number;
}

/** The record is not as it was read. */
class Changed extends Error {}

/**
 * Takes notifications back, chunk by chunk, each under a check of its record. One that is not written
 * yet gets a record that keeps it from ever being written: so whatever a recall meets, a publish that
 * is under way or cut short, a scheduled one that becomes due, nothing stays behind.
 */
export class Recall {
  readonly #options: RecallOptions;

  constructor(options: RecallOptions) {
    this.#options = options;
  }

  /** Resolves once nobody has it any more; with false for an id that is not known. */
  async recall(id: string): Promise<boolean> {
    const { kv, journal } = this.#options;
    const whole = recordIn(await kv.get(keys.publish(id, 0)));
    if (whole === undefined) return false;
    const chunks = whole.chunks ?? 1;
    using room = journal.reserve({
      entries: chunks,
      bytes: 0,
      mutations: chunks * CHUNK_RECIPIENTS,
    });
    // The first one decides whether it is cancelled before it is sent, or recalled after.
    const first = await this.#recallChunk(id, { chunk: 0, whole, room });
    if (first.scheduled) return true;
    const others = Array.from(
      { length: chunks - 1 },
      (_, i) => this.#recallChunk(id, { chunk: i + 1, whole, room }),
    );
    await waitForAll(others);
    return true;
  }

  /** Resolves with the record as it was before. */
  async #recallChunk(
    id: string,
    { chunk, whole, room }: { chunk: number; whole: PublishRecord; room: Reservation },
  ): Promise<PublishRecord> {
    for (;;) {
      const row = await this.#options.kv.get(keys.publish(id, chunk));
      const record = recordIn(row) ?? { deliveries: [] };
      if (record.recalled) return record;
      try {
        await room.append(this.#entry(id, { chunk, whole, row, record }));
        return record;
      } catch (error) {
        if (!(error instanceof Changed)) throw error;
      }
    }
  }

  #entry(
    id: string,
    { chunk, whole, row: seen, record }: {
      chunk: number;
      whole: PublishRecord;
      row: KvRow;
      record: PublishRecord;
    },
  ): Entry<void> {
    const { scheduled, chunks, ...kept } = record;
    const { sendAt, expiresAt } = whole;
    // Of what was never sent there are no other parts to look for.
    const parts = scheduled || chunks === undefined ? {} : { chunks };
    const place = keys.publish(id, chunk);
    const mutations: KvMutation[] = [{
      kind: "set",
      key: place,
      value: publishCodec.encode({ ...kept, ...parts, recalled: true }),
      expireIn: this.#options.keptMs,
    }];
    if (scheduled && sendAt !== undefined) mutations.push(...unscheduled({ id, sendAt }));
    if (expiresAt !== undefined) {
      mutations.push({ kind: "delete", key: keys.due(expiresAt, id, chunk) });
    }
    return {
      parts: record.deliveries.map(([stream, seq]) => ({
        stream,
        intent: { kind: "recall", seq },
      })),
      reads: [place],
      validate: ([row]) => {
        if (row?.versionstamp !== seen.versionstamp) throw new Changed();
      },
      complete: () => ({ mutations, result: undefined }),
    };
  }
}
