/** A record of a newer version, or not one at all. */
export class CorruptRecord extends Error {
  override readonly name = "CorruptRecord";
  readonly code = "internal";
}

/** A record that a newer version of Bellwire wrote: it is not to be overwritten. */
export class NewerRecord extends CorruptRecord {}

/** Far more layouts than there will be; a record that begins with a letter is none. */
const LAYOUTS_MAX = 31;

/** Why a record whose first number is not one of the known layouts cannot be read. */
export function unknownLayout(
  what: string,
  { found, newest }: { found: number; newest: number },
): CorruptRecord {
  return found > newest && found <= LAYOUTS_MAX
    ? new NewerRecord(
      `${what} has version ${found}; this Bellwire reads ${newest}. Run a newer one.`,
    )
    : new CorruptRecord(`${what} has version ${found}, which no Bellwire writes`);
}

const encoder = new TextEncoder();
// What was written comes back, also where it begins like a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** UTF-8 as text. */
export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/**
 * Writes unsigned integers as LEB128 varints: seven bits a byte, low ones first, as Protocol Buffers
 * do. Exact up to 2^53. One writer is finished before the next one begins.
 */
export class ByteWriter {
  #length = 0;

  uint(value: number): void {
    if (this.#length + 8 > scratch.length) grow(8);
    let rest = value;
    while (rest >= 0x80) {
      // Bit operations would cut the number to 32 bits.
      scratch[this.#length++] = (rest % 0x80) | 0x80;
      rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    scratch[this.#length++] = rest;
  }

  string(value: string): void {
    // Ids are ASCII, and bytes of their own for each would be garbage at once.
    if (this.#ascii(value)) return;
    const bytes = utf8(value);
    this.uint(bytes.length);
    if (this.#length + bytes.length > scratch.length) grow(bytes.length);
    scratch.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes a short text of ASCII characters only; of any other, nothing. */
  #ascii(value: string): boolean {
    if (value.length >= 0x80) return false;
    if (this.#length + 0x80 > scratch.length) grow(0x80);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      scratch[this.#length + 1 + i] = code;
    }
    scratch[this.#length] = value.length;
    this.#length += 1 + value.length;
    return true;
  }

  /** What was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return scratch.slice(0, this.#length);
  }
}

/** Writing is synchronous, one record at a time, so all writers share the place where they work. */
let scratch = new Uint8Array(4_096);

function grow(needed: number): void {
  const larger = new Uint8Array((scratch.length + needed) * 2);
  larger.set(scratch);
  scratch = larger;
}

/** Reads what {@link ByteWriter} wrote; throws {@link CorruptRecord} at a premature end. */
export class ByteReader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  uint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw new CorruptRecord("A record ends too early");
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new CorruptRecord("A number is too large");
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  /** How many things follow; `max` keeps a damaged record from asking for all memory. */
  count(max: number): number {
    const count = this.uint();
    if (count > max) throw new CorruptRecord("A record claims to be larger than it can be");
    return count;
  }

  /** Throws {@link CorruptRecord} unless everything was read. */
  end(): void {
    if (this.#at !== this.bytes.length) throw new CorruptRecord("A record goes on after its end");
  }

  string(): string {
    const length = this.uint();
    const end = this.#at + length;
    if (end > this.bytes.length) throw new CorruptRecord("A record ends too early");
    const value = text(this.bytes.subarray(this.#at, end));
    this.#at = end;
    return value;
  }
}
