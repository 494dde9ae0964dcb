import { utf8 } from "../../store/codec/bytes.ts";
import type { Step } from "./stream_cursor.ts";

/** A message as a server-sent event, but for its `id`, which differs from device to device. */
export interface ServerEvent {
  /** Its lines, and the empty one that ends it. */
  readonly bytes: Uint8Array;
  /** Where the device stands once it has it; undefined where that is where it stood. */
  readonly step: Step | undefined;
}

/** @param json the message */
export function serverEvent(json: string): ServerEvent {
  const message: Message = JSON.parse(json);
  const { type, retryAfterMs } = message;
  const retry = retryAfterMs === undefined ? "" : `retry: ${Math.ceil(retryAfterMs)}\n`;
  return { bytes: utf8(`${retry}event: ${type}\ndata: ${json}\n\n`), step: stepOf(message) };
}

interface Message {
  readonly type: string;
  readonly retryAfterMs?: number;
  readonly stream?: string;
  readonly seq?: number;
  readonly epoch?: string;
  readonly streams?: Readonly<Record<string, { readonly epoch: string }>>;
  readonly op?: string;
  readonly target?: string;
}

function stepOf({ type, stream, seq, epoch, streams, op, target }: Message): Step | undefined {
  if (type === "welcome" && streams !== undefined) {
    const epochs = Object.entries(streams).map(([stream, { epoch }]) => [stream, epoch] as const);
    return { epochs: new Map(epochs) };
  }
  if (stream === undefined || seq === undefined) return undefined;
  const left = type === "change" && op === "leave" ? target : undefined;
  return {
    stream,
    seq,
    ...(epoch === undefined ? {} : { epoch }),
    ...(left === undefined ? {} : { left }),
  };
}
