/** What the first byte of a frame says about the rest (RFC 6455, section 5.2). */
export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

const FINAL = 0x80;
const MASKED = 0x80;

/**
 * A client's frame. It has to be masked, but any mask will do: four zeros leave the payload as it is.
 * The payload holds at most 65,535 bytes.
 */
export function clientFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const long = payload.length > 125;
  const frame = new Uint8Array((long ? 8 : 6) + payload.length);
  frame[0] = FINAL | opcode;
  if (long) {
    frame[1] = MASKED | 126;
    frame[2] = payload.length >>> 8;
    frame[3] = payload.length & 0xff;
  } else {
    frame[1] = MASKED | payload.length;
  }
  frame.set(payload, long ? 8 : 6);
  return frame;
}

/** Cuts what a server sends into frames. */
export class FrameReader {
  #buffer: Uint8Array<ArrayBuffer>;
  #filled = 0;

  /** @param behindHandshake bytes that came together with the answer to the upgrade */
  constructor(behindHandshake: Uint8Array) {
    this.#buffer = new Uint8Array(Math.max(1024, behindHandshake.length * 2));
    this.#buffer.set(behindHandshake);
    this.#filled = behindHandshake.length;
  }

  /** Where the next bytes have to be read to; never empty. */
  room(): Uint8Array<ArrayBuffer> {
    if (this.#filled === this.#buffer.length) {
      const larger = new Uint8Array(this.#buffer.length * 4);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.#filled);
  }

  /**
   * Hands over the frames that are complete once `count` bytes were put into {@link room}. A payload
   * is valid only during the call. Throws where a message is cut into several frames.
   */
  take(count: number, onFrame: (opcode: number, payload: Uint8Array) => void): void {
    this.#filled += count;
    const bytes = this.#buffer;
    let at = 0;
    while (this.#filled - at >= 2) {
      const first = bytes[at] as number;
      let length = bytes[at + 1] as number;
      let start = at + 2;
      if (length === 126) {
        start += 2;
        length = this.#filled < start ? Infinity : readUint(bytes, at + 2, 2);
      } else if (length === 127) {
        start += 8;
        length = this.#filled < start ? Infinity : readUint(bytes, at + 2, 8);
      }
      if (this.#filled < start + length) break;
      if ((first & FINAL) === 0) throw new Error("A message in several frames is not expected");
      onFrame(first & 0x0f, bytes.subarray(start, start + length));
      at = start + length;
    }
    bytes.copyWithin(0, at, this.#filled);
    this.#filled -= at;
  }
}

function readUint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[at + i] as number);
  return value;
}
