/** What goes into a WebSocket frame (RFC 6455, 5.2). */
export interface WebSocketFrame {
  readonly fin?: boolean;
  /** The three reserved bits. */
  readonly reserved?: number;
  readonly opcode?: number;
  readonly payload?: Uint8Array;
  /** What is claimed instead of the payload's real length. */
  readonly length?: bigint;
}

export const CONTINUATION = 0;
export const TEXT = 1;
export const CLOSE = 8;
export const PING = 9;

/** The bytes of a client's frame; a text unless another opcode is given. */
export function frameBytes(frame: WebSocketFrame): Uint8Array<ArrayBuffer> {
  const { fin = true, reserved = 0, opcode = TEXT } = frame;
  const payload = frame.payload ?? new Uint8Array();
  const bytes = new Uint8Array(14 + payload.length);
  const head = new DataView(bytes.buffer);
  head.setUint8(0, (fin ? 0x80 : 0) | reserved << 4 | opcode);
  head.setUint8(1, 0x80 | 127);
  head.setBigUint64(2, frame.length ?? BigInt(payload.length));
  // The mask is four zeros, which leaves the payload as it is.
  bytes.set(payload, 14);
  return bytes;
}
