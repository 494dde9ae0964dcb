import { parseCbor } from "../wire/cbor.ts";
import { CloseCode, type Closing } from "./close_code.ts";
import type { Encoding } from "./subprotocol.ts";

/** A frame from a client may have so many bytes. */
export const INBOUND_MAX = 64 * 1024;

/** What a frame holds, or why the connection has to end for it. */
export type ReadFrame =
  | { readonly value: unknown; readonly closing?: undefined }
  | { readonly closing: Closing };

const TOO_LARGE: ReadFrame = {
  closing: { code: CloseCode.messageTooLarge, reason: "A message has at most 64 KiB" },
};

/**
 * Reads what a client sent in one frame.
 *
 * @param data text as a string, binary as an `ArrayBuffer`
 */
export function readFrame(data: unknown, encoding: Encoding): ReadFrame {
  return encoding === "json" ? readText(data) : readBinary(data);
}

function readText(data: unknown): ReadFrame {
  if (typeof data !== "string") return violation("`bellwire.v1` is JSON in text frames");
  if (isTooLarge(data)) return TOO_LARGE;
  try {
    return { value: JSON.parse(data) };
  } catch {
    return violation("A frame has to hold JSON");
  }
}

function readBinary(data: unknown): ReadFrame {
  if (!(data instanceof ArrayBuffer)) {
    return violation("`bellwire.v1.cbor` is CBOR in binary frames");
  }
  if (data.byteLength > INBOUND_MAX) return TOO_LARGE;
  try {
    return { value: parseCbor(new Uint8Array(data), { definite: true }) };
  } catch {
    return violation("A frame has to hold CBOR of definite lengths, without tags");
  }
}

/** UTF-8 takes one to three bytes for a UTF-16 unit, so that most frames need not be encoded. */
function isTooLarge(data: string): boolean {
  if (data.length > INBOUND_MAX) return true;
  return data.length * 3 > INBOUND_MAX && new TextEncoder().encode(data).length > INBOUND_MAX;
}

function violation(reason: string): ReadFrame {
  return { closing: { code: CloseCode.protocolError, reason } };
}
