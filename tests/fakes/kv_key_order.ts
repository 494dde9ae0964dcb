import type { KvKey } from "../../src/kv/kv.ts";

const encoder = new TextEncoder();
const view = new DataView(new ArrayBuffer(8));
/** Text of which each character is one byte, none of them zero. */
// deno-lint-ignore no-control-regex -- it is about such characters
const PLAIN = /^[\x01-\x7f]*$/;

/**
 * A key as Deno KV's engines store it, one character a byte, so that comparing the texts compares the
 * keys and the length is the size that its limits are about. Strings sort before numbers, strings by
 * their UTF-8, numbers by value.
 */
export function keyBytes(key: KvKey): string {
  return key.map((part) => typeof part === "string" ? stringBytes(part) : doubleBytes(part))
    .join("");
}

/** Zero bytes are escaped, so that the zero byte at the end sorts a prefix first. */
function stringBytes(text: string): string {
  if (PLAIN.test(text)) return `\x02${text}\x00`;
  let bytes = "\x02";
  for (const byte of encoder.encode(text)) bytes += byte === 0 ? "\x00\xff" : latin1(byte);
  return bytes + "\x00";
}

/** IEEE 754, with the sign turned round, and all bits of negative numbers. */
function doubleBytes(value: number): string {
  view.setFloat64(0, value);
  const isNegative = view.getUint8(0) >= 0x80;
  let bytes = "\x21";
  for (let i = 0; i < 8; i++) {
    const byte = view.getUint8(i);
    bytes += latin1(isNegative ? ~byte & 0xff : i === 0 ? byte | 0x80 : byte);
  }
  return bytes;
}

function latin1(byte: number): string {
  return String.fromCharCode(byte);
}
