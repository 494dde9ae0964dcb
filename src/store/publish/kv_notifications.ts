import type { Clock } from "../../clock.ts";
import { isTopic, type StreamName } from "../../domain/stream_name.ts";
import { text, utf8 } from "../codec/bytes.ts";
import type { PublishRecord } from "../codec/records.ts";
import { InvalidCursor } from "../errors.ts";
import type { Heads } from "../heads.ts";
import { keys, ranges } from "../keys.ts";
import type { Kv } from "../../kv/kv.ts";
import type {
  Notifications,
  NotificationState,
  NotificationStatus,
  SentTo,
} from "./notifications.ts";
import { CHUNK, deliveriesOf, ERASED, recordIn } from "./chunks.ts";
import type { Recall } from "./recall.ts";
import { readScheduled } from "./schedule.ts";

export interface KvNotificationsOptions {
  readonly kv: Kv;
  readonly heads: Heads;
  readonly clock: Clock;
  readonly recall: Recall;
}

/** A place among the recipients. */
interface Place {
  readonly chunk: number;
  /** Within the chunk. */
  readonly at: number;
}

/** Notifications that were published, told from the records of where they went. */
export class KvNotifications implements Notifications {
  readonly #options: KvNotificationsOptions;

  constructor(options: KvNotificationsOptions) {
    this.#options = options;
  }

  recall(id: string): Promise<boolean> {
    return this.#options.recall.recall(id);
  }

  async status(
    id: string,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<NotificationStatus | undefined> {
    const from = cursor === undefined ? { chunk: 0, at: 0 } : decodeCursor(cursor);
    const { kv } = this.#options;
    const whole = recordIn(await kv.get(keys.publish(id, 0)));
    if (whole === undefined) return undefined;
    const state = await this.#state(id, whole);
    const { sendAt } = whole;
    const { places, next } = state === "scheduled" && sendAt !== undefined
      ? await this.#waiting({ id, sendAt }, from, limit)
      : await this.#sent(id, from, limit);
    return {
      id,
      state,
      ...(sendAt === undefined ? {} : { sendAt }),
      ...(whole.expiresAt === undefined ? {} : { expiresAt: whole.expiresAt }),
      deliveries: await Promise.all(places.map((place) => this.#withRead(place))),
      ...(next === undefined ? {} : { next: encodeCursor(next) }),
    };
  }

  async #state(id: string, whole: PublishRecord): Promise<NotificationState> {
    const { recalled, scheduled, expiresAt = Infinity, chunks = 1 } = whole;
    if (recalled) return "recalled";
    if (expiresAt <= this.#options.clock.now()) return "expired";
    if (scheduled) return "scheduled";
    if (chunks === 1) return "sent";
    // The last one is written after all others.
    const last = await this.#options.kv.get(keys.publish(id, chunks - 1));
    return last.value === null ? "sending" : "sent";
  }

  async #waiting(
    { id, sendAt }: { id: string; sendAt: number },
    { chunk, at }: Place,
    limit: number,
  ): Promise<{ places: SentTo[]; next: Place | undefined }> {
    const scheduled = await readScheduled(this.#options.kv, { id, sendAt });
    const streams = scheduled?.streams ?? [];
    const start = chunk * CHUNK + at;
    const end = start + limit;
    const places = streams.slice(start, end).filter((stream) => stream !== ERASED)
      .map((stream) => ({ stream }));
    const next = { chunk: Math.floor(end / CHUNK), at: end % CHUNK };
    return { places, next: end < streams.length ? next : undefined };
  }

  async #sent(
    id: string,
    { chunk, at }: Place,
    limit: number,
  ): Promise<{ places: SentTo[]; next: Place | undefined }> {
    // One more than a page can hold tells whether there is a next one.
    const rows = await this.#options.kv.list(ranges.publish(id, chunk), { limit: limit + 2 });
    const places: SentTo[] = [];
    for (const row of rows) {
      const own = Number(row.key[2]);
      const record = recordIn(row) ?? { deliveries: [] };
      for (const [i, delivery] of deliveriesOf(record).entries()) {
        if (own === chunk && i < at) continue;
        if (places.length === limit) return { places, next: { chunk: own, at: i } };
        places.push(delivery);
      }
    }
    return { places, next: undefined };
  }

  async #withRead(place: SentTo): Promise<SentTo> {
    const { stream, seq } = place;
    if (seq === undefined || isTopic(stream)) return place;
    const flags = await this.#flags(stream, seq);
    return flags === undefined ? place : { ...place, read: flags.read };
  }

  async #flags(stream: StreamName, seq: number) {
    const head = await this.#options.heads.read(stream);
    return head?.live.flags(seq, head.seenUpTo);
  }
}

/** Opaque to callers; what they send back may be anything. */
function encodeCursor({ chunk, at }: Place): string {
  const bytes = utf8(JSON.stringify([chunk, at]));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function decodeCursor(cursor: string): Place {
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
    const value = JSON.parse(text(bytes)) as unknown;
    const [chunk, at] = Array.isArray(value) ? value : [];
    if (isPlace(chunk) && isPlace(at)) return { chunk, at };
  } catch {
    // Falls through to the one answer for all that is not a cursor.
  }
  throw new InvalidCursor();
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= 1_000;
}
