import type { Clock } from "../../clock.ts";
import type { Seq } from "../../domain/item.ts";
import { isTopic, type StreamName } from "../../domain/stream_name.ts";
import { text, utf8 } from "../codec/bytes.ts";
import type { PublishRecord } from "../codec/records.ts";
import type { HeadCache } from "../head_cache.ts";
import { keys, ranges } from "../keys.ts";
import type { Kv } from "../../kv/kv.ts";
import { CHUNK_RECIPIENTS, ERASED, receiptsOf, recordIn } from "./notification_writer.ts";
import type { Recall } from "./recall.ts";
import { readScheduled } from "./schedule.ts";
import { invalidCursor } from "../../errors.ts";

/** How far a notification has come. */
export type NotificationState =
  /** Its `sendAt` is still to come. */
  | "scheduled"
  /** Some of its recipients have it; the others will, once the call that was cut short is repeated. */
  | "sending"
  | "sent"
  /** Its time was over, before or after it was sent. */
  | "expired"
  /** Its publisher took it back, before or after it was sent. */
  | "recalled";

/** Where one copy of a notification went. */
export interface SentTo {
  readonly stream: StreamName;
  /** Undefined where it was not sent. */
  readonly seq?: Seq;
  /** Whether the user has read it; undefined for a topic, and where the user does not have it (any more). */
  readonly read?: boolean;
}

/** What is known of a notification, with a page of its recipients. */
export interface NotificationStatus {
  readonly id: string;
  readonly state: NotificationState;
  /** Milliseconds since the epoch. */
  readonly sendAt?: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
  readonly deliveries: readonly SentTo[];
  /** The next page's cursor; undefined on the last. */
  readonly next?: string;
}

export interface NotificationsOptions {
  readonly kv: Kv;
  readonly heads: HeadCache;
  readonly clock: Clock;
  readonly recall: Recall;
}

/** A place among the recipients. */
interface Place {
  readonly chunk: number;
  /** Within the chunk. */
  readonly at: number;
}

/** Status and recall of published notifications, for as long as the records of their recipients last. */
export class Notifications {
  readonly #options: NotificationsOptions;

  constructor(options: NotificationsOptions) {
    this.#options = options;
  }

  /**
   * Takes a notification back from all recipients, and keeps it from those who do not have it yet. Safe
   * to repeat, and to be repeated where it fails.
   *
   * @returns false for an unknown id
   */
  recall(id: string): Promise<boolean> {
    return this.#options.recall.recall(id);
  }

  /** Resolves with undefined for an unknown id. Rejects with `invalid_request` or `unavailable`. */
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
    const start = chunk * CHUNK_RECIPIENTS + at;
    const end = start + limit;
    const places = streams.slice(start, end).filter((stream) => stream !== ERASED)
      .map((stream) => ({ stream }));
    const next = { chunk: Math.floor(end / CHUNK_RECIPIENTS), at: end % CHUNK_RECIPIENTS };
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
      for (const [i, delivery] of receiptsOf(record).entries()) {
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
  throw invalidCursor();
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= 1_000;
}
