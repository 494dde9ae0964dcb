import { encode, type EncodeOptions, Token, Type } from "cborg";
import { withBytes } from "../../encoding/binary_data.ts";
import { type ServerEvent, serverEvent } from "./server_sent_event.ts";

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

/** Every frame stays below 256 KiB. */
const FRAME_BYTES = 255 * 1024;

/**
 * Encodes messages as CBOR (RFC 8949): one as it is, several as an array. Byte strings in an item's
 * `data` are byte strings again.
 *
 * A number of three characters may take nine bytes, so what is below 256 KiB as JSON need not be so
 * here: a reset then goes without its oldest items. Other messages are far too small for that.
 *
 * @param messages the JSON of each
 */
export function encodeBinary(messages: readonly string[]): Uint8Array<ArrayBuffer> {
  const values = messages.map(revive);
  const whole = values.length === 1 ? values[0] as Message : values;
  let bytes = encode(whole, OPTIONS);
  while (bytes.byteLength > FRAME_BYTES && !Array.isArray(whole) && whole.items?.length) {
    whole.items.length = Math.floor(whole.items.length * FRAME_BYTES / bytes.byteLength);
    bytes = encode(whole, OPTIONS);
  }
  return bytes as Uint8Array<ArrayBuffer>;
}

/** CBOR has no whole number -0, and cborg writes 0 for it. */
const OPTIONS: EncodeOptions = {
  typeEncoders: {
    number: (number: number) => Object.is(number, -0) ? [new Token(Type.float, number)] : null,
  },
};

interface Item {
  data?: unknown;
  binary?: readonly string[];
}

interface Message {
  item?: Item;
  /** A reset's are items, a change's are their numbers. */
  items?: (Item | number)[];
}

function revive(json: string): Message {
  const message: Message = JSON.parse(json);
  if (message.item !== undefined) reviveItem(message.item);
  for (const item of message.items ?? []) if (typeof item === "object") reviveItem(item);
  return message;
}

function reviveItem(item: Item): void {
  const { data, binary } = item;
  if (binary === undefined) return;
  item.data = withBytes({ data, binary });
  delete item.binary;
}
