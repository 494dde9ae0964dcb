import { encode, type EncodeOptions, Token, Type } from "cborg";
import { withBytes } from "../../encoding/binary_data.ts";

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
