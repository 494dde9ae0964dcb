import type { LiveEvent, StreamEvents } from "../domain/event.ts";
import type { StreamName } from "../domain/stream_name.ts";
import type { KvMutation } from "../kv/kv.ts";
import { CorruptRecord, utf8 } from "../store/codec/bytes.ts";
import { isChange, parseRecord } from "../store/codec/records.ts";
import { keys } from "../store/keys.ts";
import type { Control } from "./control_line.ts";

/** What one commit sends to another instance. It is stored as JSON until that instance has read it. */
export interface RemoteEnvelope {
  readonly news: readonly StreamEvents[];
  /** Streams whose events are too large to be sent along: the receiver reads them from the store. */
  readonly look: readonly StreamName[];
  readonly control?: readonly Control[];
}

/** Bytes of events in one envelope: one commit has to hold envelopes for several instances. */
const INLINE_MAX = 16 * 1024;
/** Envelopes are read within seconds; those of dead instances expire. */
const ENVELOPE_EXPIRES_MS = 3_600_000;
const WAKE_EXPIRES_MS = 86_400_000;

/**
 * The rows that bring an envelope to another instance: the envelope, and the key that the instance
 * watches.
 *
 * @param options `id`: a new UUIDv7, since rows under random keys would cost the most; `content`: what
 * {@link encodeEnvelope} returned
 */
export function envelopeRows(
  { to, id, content }: { to: string; id: string; content: Uint8Array<ArrayBuffer> },
): readonly KvMutation[] {
  return [
    { kind: "set", key: keys.mail(to, id), value: content, expireIn: ENVELOPE_EXPIRES_MS },
    { kind: "set", key: keys.wake(to), value: utf8(id), expireIn: WAKE_EXPIRES_MS },
  ];
}

/** Encodes the events that fit and the names of the other streams. Control messages always fit. */
export function encodeEnvelope(
  { news = [], control }: { news?: readonly StreamEvents[]; control?: readonly Control[] },
): Uint8Array<ArrayBuffer> {
  const inline: StreamEvents[] = [];
  const look: StreamName[] = [];
  let room = INLINE_MAX;
  for (const { stream, epoch, events } of news) {
    const plain = events.map(withoutBytes);
    room -= JSON.stringify(plain).length;
    if (room < 0) look.push(stream);
    else inline.push({ stream, epoch, events: plain });
  }
  const envelope: RemoteEnvelope = { news: inline, look, ...(control && { control }) };
  return utf8(JSON.stringify(envelope));
}

/**
 * Reads what {@link encodeEnvelope} of this or another version wrote. A stream with events that this
 * version does not know is added to `look`. Throws `CorruptRecord` if the bytes are no envelope.
 */
export function decodeEnvelope(bytes: Uint8Array): RemoteEnvelope {
  const { news, look, control } = parseRecord(bytes) as Record<string, unknown>;
  if (!isList(news) || !isList(look) || !look.every(isText)) throw noEnvelope();
  if (control !== undefined && !(isList(control) && control.every(isObject))) throw noEnvelope();
  const known: StreamEvents[] = [];
  const toRead: StreamName[] = look as StreamName[];
  for (const one of news) {
    if (!isObject(one) || !isText(one["stream"])) throw noEnvelope();
    if (isNews(one)) known.push(one);
    else toRead.push(one["stream"] as StreamName);
  }
  const envelope = { news: known, look: toRead };
  return control === undefined
    ? envelope
    : { ...envelope, control: control as unknown as Control[] };
}

function isNews(news: object): news is StreamEvents {
  const { epoch, events } = news as Record<string, unknown>;
  return isText(epoch) && isList(events) && events.length > 0 && events.every(isEvent);
}

function isEvent(event: unknown): event is LiveEvent {
  if (!isObject(event)) return false;
  const { kind, seq, counts, item, change, oldest } = event;
  if (!isCount(seq) || !isObject(counts) || !isCount(counts["unread"])) return false;
  if (!isCount(counts["unseen"])) return false;
  if (kind === "change") return isChange(change);
  return kind === "notification" && isObject(item) && isText(item["json"]) &&
    (oldest === undefined || isCount(oldest));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function noEnvelope(): CorruptRecord {
  return new CorruptRecord("The row is no envelope that this version of Bellwire can read");
}

function withoutBytes(event: LiveEvent): LiveEvent {
  return event.kind === "change" ? event : { ...event, item: { json: event.item.json } };
}
