import { InvalidRequest } from "./errors.ts";

/** Deeper than anything may be nested that is accepted in the end. */
const MAX_DEPTH = 100;
/**
 * Values in one document, each entry and each key counted: what the largest valid batch holds, and
 * some milliseconds of work. A body of 1 MiB could hold a million.
 */
const MAX_NODES = 256 * 1024;

export interface CborOptions {
  /** Texts, byte strings, arrays and maps have to say how long they are. */
  readonly definite?: boolean;
}

/**
 * Parses CBOR (RFC 8949) to what `JSON.parse` could have given, but for byte strings, which stay
 * `Uint8Array`s. These are read, and nothing else is:
 *
 * - whole numbers from -(2^53 - 1) to 2^53 - 1;
 * - floating-point numbers of 16, 32 and 64 bits that are finite;
 * - texts in UTF-8, byte strings, arrays, and maps whose keys are different texts, each of definite
 *   or indefinite length;
 * - `false`, `true` and `null`.
 *
 * A document may be nested 100 deep and hold 262,144 values.
 *
 * @throws {InvalidRequest}
 */
export function parseCbor(bytes: Uint8Array, { definite = false }: CborOptions = {}): unknown {
  if (bytes.byteLength === 0) throw new InvalidRequest("The body is missing");
  const reader = new CborReader(bytes, definite);
  const value = reader.value(MAX_DEPTH);
  if (!reader.isDone) throw new InvalidRequest("The body goes on after its CBOR value");
  return value;
}

/** Major types (RFC 8949, 3.1). */
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;

/** The argument of what has no definite length. */
const INDEFINITE = -1;
const BREAK = 0xff;

// A byte order mark at the beginning of a text is part of the text.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of a text that is decoded here. */
const SHORT = 32;

class CborReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #definite: boolean;
  #at = 0;
  #nodes = 0;

  constructor(bytes: Uint8Array, definite: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#definite = definite;
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.byteLength;
  }

  /** @param levels how deep it may be nested */
  value(levels: number): unknown {
    const head = this.#byte();
    const major = head >> 5;
    const minor = head & 31;
    switch (major) {
      case UNSIGNED:
        return this.#argument(minor);
      case NEGATIVE:
        return whole(-1 - this.#argument(minor));
      case BYTES:
        return this.#byteString(minor);
      case TEXT:
        return this.#text(minor);
      case ARRAY:
        return this.#array(minor, levels);
      case MAP:
        return this.#map(minor, levels);
      case TAG:
        throw new InvalidRequest("The body holds a CBOR tag, and tags are not read here");
      default:
        return this.#simple(minor);
    }
  }

  #array(minor: number, levels: number): unknown[] {
    const length = this.#length(minor, { levels, bytesEach: 1 });
    const entries: unknown[] = [];
    for (let i = 0; length === INDEFINITE ? !this.#ends() : i < length; i++) {
      this.#count(1);
      entries.push(this.value(levels - 1));
    }
    return entries;
  }

  #map(minor: number, levels: number): Record<string, unknown> {
    const length = this.#length(minor, { levels, bytesEach: 2 });
    const map: Record<string, unknown> = {};
    for (let i = 0; length === INDEFINITE ? !this.#ends() : i < length; i++) {
      this.#count(2);
      const head = this.#byte();
      if (head >> 5 !== TEXT) throw new InvalidRequest("A map has a key that is not a text");
      const key = this.#text(head & 31);
      if (Object.hasOwn(map, key)) throw new InvalidRequest("A map has the same key twice");
      const value = this.value(levels - 1);
      if (key === "__proto__") define(map, key, value);
      else map[key] = value;
    }
    return map;
  }

  #text(minor: number): string {
    const length = this.#length(minor);
    if (length !== INDEFINITE) return decode(this.#take(length));
    let text = "";
    while (!this.#ends()) text += decode(this.#chunk(TEXT));
    return text;
  }

  #byteString(minor: number): Uint8Array {
    // A small array costs as much as many other values.
    this.#count(8);
    const length = this.#length(minor);
    if (length !== INDEFINITE) return this.#take(length).slice();
    const chunks: Uint8Array[] = [];
    while (!this.#ends()) chunks.push(this.#chunk(BYTES));
    return concatenated(chunks);
  }

  /** A piece of a string of indefinite length: of the same type, and of definite length. */
  #chunk(major: number): Uint8Array {
    this.#count(1);
    const head = this.#byte();
    const isPiece = head >> 5 === major && (head & 31) !== 31;
    if (!isPiece) throw new InvalidRequest("A string in pieces holds something else");
    return this.#take(this.#length(head & 31));
  }

  #simple(minor: number): unknown {
    const at = this.#at;
    switch (minor) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 25:
        this.#take(2);
        return finite(this.#view.getFloat16(at));
      case 26:
        this.#take(4);
        return finite(this.#view.getFloat32(at));
      case 27:
        this.#take(8);
        return finite(this.#view.getFloat64(at));
      case 31:
        throw new InvalidRequest("A CBOR break stands where a value has to be");
      default:
        throw new InvalidRequest(
          "The body holds `undefined` or another simple value that is not read here",
        );
    }
  }

  /** How many bytes or entries there are. What can't be there is refused before it is made room for. */
  #length(minor: number, { levels = 1, bytesEach = 1 } = {}): number {
    if (levels === 0) throw new InvalidRequest("The body is nested too deeply");
    if (minor === 31) {
      if (this.#definite) throw new InvalidRequest("A length is indefinite");
      return INDEFINITE;
    }
    const length = this.#argument(minor);
    if (length * bytesEach > this.#bytes.byteLength - this.#at) throw endsEarly();
    return length;
  }

  #argument(minor: number): number {
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
        return whole(this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4));
      default:
        throw new InvalidRequest("The body is not well-formed CBOR");
    }
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

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > MAX_NODES) throw new InvalidRequest("The body holds too many values");
  }
}

function whole(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidRequest("The body holds a whole number beyond 2^53: send it as a text");
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new InvalidRequest("The body holds NaN or an infinity, which JSON has no number for");
}

function decode(bytes: Uint8Array): string {
  // A call of the decoder costs more than most texts are long.
  if (bytes.byteLength <= SHORT) {
    const text = asciiText(bytes);
    if (text !== undefined) return text;
  }
  try {
    return utf8.decode(bytes);
  } catch {
    throw new InvalidRequest("The body holds a text that is not UTF-8");
  }
}

/** The text, where it is ASCII. */
function asciiText(bytes: Uint8Array): string | undefined {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function concatenated(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** Unlike an assignment it makes a property of its own of any name. */
function define(map: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

function endsEarly(): InvalidRequest {
  return new InvalidRequest("The body ends in the middle of a CBOR value");
}
