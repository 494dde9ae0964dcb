import type { Seq } from "../../domain/item.ts";
import type { StreamName } from "../../domain/stream_name.ts";
import { text, utf8 } from "../codec/bytes.ts";
import { invalidCursor } from "../../errors.ts";

/** For each stream, below which item the next page goes on. */
export type InboxPosition = ReadonlyMap<string, Seq>;

/**
 * How a stream is named in a cursor: short, so that a hundred topics fit into a URL.
 *
 * The hash is cyrb53 (https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js): 53 bits,
 * so that among a hundred topics two alike are not to be expected in this universe.
 */
export function positionKey(stream: StreamName): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < stream.length; i++) {
    const code = stream.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}

/**
 * A cursor says below which item of each stream a page goes on, so it stays valid whatever happens to
 * the items. It is opaque: more can go into it without a client noticing.
 */
export function encodeCursor(position: InboxPosition): string {
  const plain = [...position].map(([key, before]) => `${key}.${before}`).join("~");
  return utf8(plain).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Throws `invalid_request` for what {@link encodeCursor} did not make. */
export function decodeCursor(cursor: string): InboxPosition {
  const position = new Map<string, Seq>();
  for (const part of decoded(cursor).split("~")) {
    const [key = "", before = "", ...rest] = part.split(".");
    if (!/^[a-z0-9]{1,12}$/.test(key) || !/^\d{1,16}$/.test(before) || rest.length > 0) {
      throw invalidCursor();
    }
    position.set(key, Number(before));
  }
  return position;
}

function decoded(cursor: string): string {
  try {
    return text(Uint8Array.fromBase64(cursor, { alphabet: "base64url" }));
  } catch {
    throw invalidCursor();
  }
}
