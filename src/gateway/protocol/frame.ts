import { encodeBinary } from "./binary_frame.ts";
import { type ServerEvent, serverEvent } from "./server_event.ts";

/** A UTF-16 unit takes no more in UTF-8, and a digit no more in CBOR. */
const BYTES_MAX = 3;

/**
 * One or several messages that go out together. Messages are JSON text; what else a frame may be sent
 * as is made when the first device needs it, and once for all devices that get the same frame.
 */
export class Frame {
  /** The JSON of each message. */
  readonly messages: readonly string[];
  /** In no encoding of a socket it has more bytes. */
  readonly bytesMax: number;
  #text: string | undefined;
  #binary: Uint8Array<ArrayBuffer> | undefined;
  #events: readonly ServerEvent[] | undefined;

  /** @param messages at least one */
  constructor(messages: readonly string[]) {
    this.messages = messages;
    this.bytesMax = messages.reduce((sum, { length }) => sum + length + 1, 1) * BYTES_MAX;
  }

  /** As `bellwire.v1` has it: a message, or an array of them. */
  get text(): string {
    return this.#text ??= this.messages.length === 1
      ? this.messages[0] as string
      : `[${this.messages.join(",")}]`;
  }

  /** As `bellwire.v1.cbor` has it. */
  get binary(): Uint8Array<ArrayBuffer> {
    return this.#binary ??= encodeBinary(this.messages);
  }

  /** As a stream of server-sent events has it. */
  get events(): readonly ServerEvent[] {
    return this.#events ??= this.messages.map(serverEvent);
  }
}

/**
 * Packs messages, in order, into frames of at most so many characters; a larger one goes alone.
 */
export function packFrames(messages: readonly string[], maxLength: number): Frame[] {
  const packed: Frame[] = [];
  let group: string[] = [];
  let length = 0;
  for (const message of messages) {
    if (group.length > 0 && length + message.length > maxLength) {
      packed.push(new Frame(group));
      group = [];
      length = 0;
    }
    group.push(message);
    length += message.length + 1;
  }
  if (group.length > 0) packed.push(new Frame(group));
  return packed;
}
