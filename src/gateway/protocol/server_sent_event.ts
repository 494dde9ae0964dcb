import { utf8 } from "../../store/codec/bytes.ts";
import { createHash } from "node:crypto";

/** What a message makes of a device's cursors. */
export type Step =
  /** A welcome: the streams that are followed now, and their epochs. */
  | { readonly epochs: ReadonlyMap<string, string> }
  | {
    readonly stream: string;
    readonly seq: number;
    /** Given where the device starts over. */
    readonly epoch?: string;
    /** A topic that is followed no longer. */
    readonly left?: string;
  };

/** Names that are longer are cut down to a hash: a hundred topics have to fit into a header. */
const NAME_MAX = 20;
const HASH_LENGTH = 12;
const TEXT_MAX = 16 * 1024;

interface Place {
  readonly epoch: string;
  readonly seq: number;
}

/**
 * Where a device stands in all its streams, as one text that it gives back when it connects again. It
 * moves with the messages that the device is sent, exactly as a device that keeps cursors of its own
 * would move them: so it is right after each message.
 *
 * The text is `<database's epoch>~<name>!<epoch>!<seq in base 36>~…`, which needs no escaping in a
 * header; nobody else has to read it.
 */
export class StreamCursor {
  #database: string;
  /** By short name. */
  readonly #places = new Map<string, Place>();
  /** By short name; of all streams that the device was welcomed to or reset in. */
  readonly #epochs = new Map<string, string>();

  private constructor(database: string) {
    this.#database = database;
  }

  /** Reads one; what can't be read is the cursor of a device that has nothing yet. */
  static parse(text: string | null | undefined): StreamCursor {
    const [database = "", ...entries] = (text ?? "").length > TEXT_MAX
      ? []
      : (text ?? "").split("~");
    const cursor = new StreamCursor(database);
    for (const entry of entries) {
      const [name = "", epoch = "", digits = ""] = entry.split("!");
      const seq = /^[0-9a-z]{1,11}$/.test(digits) ? parseInt(digits, 36) : NaN;
      if (Number.isSafeInteger(seq)) cursor.#places.set(name, { epoch, seq });
    }
    return cursor;
  }

  /** Where it stands in one stream, as `hello` would say it. */
  at(stream: string): { readonly epoch: string; readonly seq: number } | undefined {
    const place = this.#places.get(shortName(stream));
    return place && { epoch: `${this.#database}.${place.epoch}`, seq: place.seq };
  }

  /** The device gets a message that makes this of it. */
  take(step: Step): void {
    if ("epochs" in step) return this.#welcome(step.epochs);
    const { stream, seq, epoch, left } = step;
    const name = shortName(stream);
    // Marks on topics came on the stream that starts over: so do the topics.
    if (epoch !== undefined && stream === "user") this.#places.clear();
    if (epoch !== undefined) this.#epochs.set(name, this.#own(epoch));
    const known = this.#epochs.get(name);
    if (known !== undefined) this.#places.set(name, { epoch: known, seq });
    if (left !== undefined) this.#places.delete(shortName(left));
  }

  /** Empty where it stands nowhere yet. */
  toString(): string {
    if (this.#places.size === 0) return "";
    let text = this.#database;
    for (const [name, { epoch, seq }] of this.#places) {
      text += `~${name}!${epoch}!${seq.toString(36)}`;
    }
    return text;
  }

  #welcome(epochs: ReadonlyMap<string, string>): void {
    this.#epochs.clear();
    for (const [stream, epoch] of epochs) this.#epochs.set(shortName(stream), this.#own(epoch));
    for (const name of this.#places.keys()) {
      if (!this.#epochs.has(name)) this.#places.delete(name);
    }
  }

  /** The part of an epoch that is the stream's own. */
  #own(epoch: string): string {
    const dot = epoch.indexOf(".");
    const database = epoch.slice(0, dot);
    if (database !== this.#database) {
      // Whatever it knows of another database starts over anyway.
      this.#places.clear();
      this.#database = database;
    }
    return epoch.slice(dot + 1);
  }
}

function shortName(stream: string): string {
  if (stream === "user") return "u";
  const topic = stream.slice("topic:".length);
  if (topic.length <= NAME_MAX) return `t${topic}`;
  return `h${createHash("sha256").update(topic).digest("base64url").slice(0, HASH_LENGTH)}`;
}

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
