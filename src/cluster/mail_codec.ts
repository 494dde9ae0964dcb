import type { LiveEvent, StreamNews } from "../domain/event.ts";
import type { StreamName } from "../domain/stream_name.ts";
import { text, utf8 } from "../store/codec/bytes.ts";
import type { Control } from "./control.ts";

/** What one commit has for another instance. */
export interface Mail {
  readonly news: readonly StreamNews[];
  /** Streams whose news are too large to be sent along: they have to be read. */
  readonly look: readonly StreamName[];
  /** What is no event of a stream. */
  readonly control?: readonly Control[];
}

/** So many bytes of events are sent along: mail for several instances has to fit into one commit. */
const INLINE_MAX = 16 * 1024;

/** Encodes what fits, and names the streams of the rest; control messages are small and all fit. */
export function encodeMail(
  { news = [], control }: { news?: readonly StreamNews[]; control?: readonly Control[] },
): Uint8Array<ArrayBuffer> {
  const inline: StreamNews[] = [];
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

/** Reads what {@link encodeMail} wrote. */
export function decodeMail(bytes: Uint8Array): Mail {
  return JSON.parse(text(bytes)) as Mail;
}

function withoutBytes(event: LiveEvent): LiveEvent {
  return event.kind === "change" ? event : { ...event, item: { json: event.item.json } };
}
