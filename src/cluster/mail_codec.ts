import type { LiveEvent, StreamEvents } from "../domain/event.ts";
import type { StreamName } from "../domain/stream_name.ts";
import { CorruptRecord, utf8 } from "../store/codec/bytes.ts";
import { isChange, parseRecord } from "../store/codec/records.ts";
import type { Control } from "./control_line.ts";

/** What one commit has for another instance. */
export interface Mail {
  readonly news: readonly StreamEvents[];
  /** Streams whose news are too large to be sent along: they have to be read. */
  readonly look: readonly StreamName[];
  /** What is no event of a stream. */
  readonly control?: readonly Control[];
}

/** So many bytes of events are sent along: mail for several instances has to fit into one commit. */
const INLINE_MAX = 16 * 1024;

/** Encodes what fits, and names the streams of the rest; control messages are small and all fit. */
export function encodeMail(
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
  const mail: Mail = { news: inline, look, ...(control === undefined ? {} : { control }) };
  return utf8(JSON.stringify(mail));
}

/**
 * Reads what {@link encodeMail} wrote, here or in another version. A stream whose events this version
 * does not know has to be read: it is among `look`. Throws `CorruptRecord` for what is no mail.
 */
export function decodeMail(bytes: Uint8Array): Mail {
  const { news, look, control } = parseRecord(bytes) as Record<string, unknown>;
  if (!isList(news) || !isList(look) || !look.every(isText)) throw notMail();
  if (control !== undefined && !(isList(control) && control.every(isObject))) throw notMail();
  const known: StreamEvents[] = [];
  const toRead: StreamName[] = look as StreamName[];
  for (const one of news) {
    if (!isObject(one) || !isText(one["stream"])) throw notMail();
    if (isNews(one)) known.push(one);
    else toRead.push(one["stream"] as StreamName);
  }
  const mail = { news: known, look: toRead };
  return control === undefined ? mail : { ...mail, control: control as unknown as Control[] };
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

function notMail(): CorruptRecord {
  return new CorruptRecord("It is no mail that this version of Bellwire knows");
}

function withoutBytes(event: LiveEvent): LiveEvent {
  return event.kind === "change" ? event : { ...event, item: { json: event.item.json } };
}
