import { Buffer } from "node:buffer";
import { parseCbor } from "../../encoding/cbor.ts";
import { parseJsonText } from "../../encoding/json.ts";
import { CloseCode, type Closing } from "./close_code.ts";
import type { Encoding } from "./subprotocol.ts";

/** A frame from a client may have so many bytes. */
export const INBOUND_MAX = 64 * 1024;

/** A frame as it came: text as a string, binary as an `ArrayBuffer`. */
export type RawFrame = string | ArrayBuffer;

/** What a frame holds, or why the connection has to end for it. */
export type ReadFrame =
  | { readonly value: unknown; readonly closing?: undefined }
  | { readonly value?: undefined; readonly closing: Closing };

const TOO_LARGE: Closing = {
  code: CloseCode.messageTooLarge,
  reason: "A message has at most 64 KiB",
};

/** Bytes of a frame as it was sent. */
export function sizeOf(frame: RawFrame): number {
  return typeof frame === "string" ? Buffer.byteLength(frame) : frame.byteLength;
}

/** Why a frame is not even read: it is of the wrong kind, or too large. */
export function frameViolation(data: unknown, encoding: Encoding): Closing | undefined {
  if (encoding === "json" && typeof data !== "string") {
    return violation("`bellwire.v1` is JSON in text frames");
  }
  if (encoding === "cbor" && !(data instanceof ArrayBuffer)) {
    return violation("`bellwire.v1.cbor` is CBOR in binary frames");
  }
  // Counting the bytes of a text takes time, and a text that is far too long need not be counted.
  const isTooLarge = typeof data === "string" && data.length > INBOUND_MAX ||
    sizeOf(data as RawFrame) > INBOUND_MAX;
  return isTooLarge ? TOO_LARGE : undefined;
}

/** Reads what a client sent in one frame, one that {@link frameViolation} has nothing against. */
export function readFrame(frame: RawFrame): ReadFrame {
  try {
    const value = typeof frame === "string"
      ? parseJsonText(frame)
      : parseCbor(new Uint8Array(frame), { definite: true });
    return { value };
  } catch {
    const reason = typeof frame === "string"
      ? "A frame has to hold JSON, nested at most 100 deep"
      : "A frame has to hold CBOR of definite lengths, nested at most 100 deep";
    return { closing: violation(reason) };
  }
}

function violation(reason: string): Closing {
  return { code: CloseCode.protocolError, reason };
}
