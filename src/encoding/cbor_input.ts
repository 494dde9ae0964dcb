import { ServiceError } from "../errors.ts";

/** Major types (RFC 8949, 3.1). */
export const Major = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  array: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const;

/** The argument of what has no definite length. */
export const INDEFINITE = -1;
const OPEN = 31;
const BREAK = 0xff;
/** Bytes of a text that is decoded here: a call of the decoder takes longer. */
const SHORT = 32;

// A byte order mark at the beginning of a text is part of the text.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the heads, numbers and strings of CBOR (RFC 8949). Whatever is not well-formed throws. */
export class CborInput {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #definite: boolean;
  #at = 0;

  /** @param definite whether everything has to say how long it is */
  constructor(bytes: Uint8Array, definite: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#definite = definite;
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.byteLength;
  }

  /** The first byte of a value: its major type is `byte >> 5`, the rest `byte & 31`. */
  head(): number {
    const byte = this.#byte();
    if (byte === BREAK) throw malformed("a break stands where a value has to be");
    return byte;
  }

  /** How many bytes or entries there are. What can't be there is refused before it is looked for. */
  length(minor: number, bytesEach = 1): number {
    if (minor === OPEN) {
      if (this.#definite) throw malformed("lengths have to be definite");
      return INDEFINITE;
    }
    const length = this.argument(minor);
    if (length * bytesEach > this.#bytes.byteLength - this.#at) throw endsEarly();
    return length;
  }

  /** Whether an array or map is over. @param index the entry that would come */
  isOver(length: number, index: number): boolean {
    return length === INDEFINITE ? this.#ends() : index >= length;
  }

  /** An argument; above 2^53 it is not exact, but above 2^53 all the same. */
  argument(minor: number): number {
    if (minor < 24) return minor;
    const at = this.#at;
    switch (minor) {
      case 24:
        return this.#byte();
      case 25:
        this.#take(2);
        return this.#view.getUint16(at);
      case 26:
        this.#take(4);
        return this.#view.getUint32(at);
      case 27:
        this.#take(8);
        return this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
      default:
        throw malformed("a length is none");
    }
  }

  /** A floating-point number of 16, 32 or 64 bits. */
  float(minor: 25 | 26 | 27): number {
    const at = this.#at;
    this.#take(2 ** (minor - 24));
    if (minor === 25) return this.#view.getFloat16(at);
    return minor === 26 ? this.#view.getFloat32(at) : this.#view.getFloat64(at);
  }

  /** The second byte of a simple value. */
  simple(): number {
    const value = this.#byte();
    if (value < 32) throw malformed("a simple value is written in two bytes");
    return value;
  }

  text(minor: number): string {
    const length = this.length(minor);
    if (length !== INDEFINITE) {
      const text = length > SHORT ? undefined : this.#ascii(length);
      return text ?? decode(this.#take(length));
    }
    let text = "";
    while (!this.#ends()) text += decode(this.#piece(Major.text));
    return text;
  }

  /** A view of the input where it is in one piece. */
  bytes(minor: number): Uint8Array {
    const length = this.length(minor);
    if (length !== INDEFINITE) return this.#take(length);
    const pieces: Uint8Array[] = [];
    while (!this.#ends()) pieces.push(this.#piece(Major.bytes));
    return concatenated(pieces);
  }

  /** Passes over a byte string. */
  passBytes(minor: number): void {
    const length = this.length(minor);
    if (length !== INDEFINITE) this.#at += length;
    else while (!this.#ends()) this.#piece(Major.bytes);
  }

  /** A text, where it is ASCII; else nothing is taken. */
  #ascii(length: number): string | undefined {
    const end = this.#at + length;
    let text = "";
    for (let at = this.#at; at < end; at++) {
      const byte = this.#bytes[at] as number;
      if (byte > 0x7f) return undefined;
      text += String.fromCharCode(byte);
    }
    this.#at = end;
    return text;
  }

  /** A piece of a string of indefinite length: of the same type, and of definite length. */
  #piece(major: number): Uint8Array {
    const head = this.#byte();
    if (head >> 5 !== major || (head & 31) === OPEN) {
      throw malformed("a string in pieces holds something else");
    }
    return this.#take(this.length(head & 31));
  }

  /** Whether a break ends what is of indefinite length; the break is taken. */
  #ends(): boolean {
    if (this.isDone) throw endsEarly();
    if (this.#bytes[this.#at] !== BREAK) return false;
    this.#at++;
    return true;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw endsEarly();
    return byte;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.byteLength) throw endsEarly();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed("a text is not UTF-8");
  }
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** The refusal of what is not CBOR as it is read here. */
export function malformed(what: string): ServiceError {
  return new ServiceError("invalid_request", `The body is not CBOR that is read here: ${what}`);
}

function endsEarly(): ServiceError {
  return malformed("it ends in the middle of a value");
}
