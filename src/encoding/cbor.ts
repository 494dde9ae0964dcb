import { CborInput, INDEFINITE, Major, malformed } from "./cbor_input.ts";
import { holdsData, MAX_DEPTH, MAX_VALUES, Names, setMember } from "./document.ts";
import { DataWriter, type ExactData } from "./exact_data.ts";
import { floatText } from "./exact_number.ts";
import { NOT_FINITE, TOO_LARGE_WHOLE, TWICE, Unkept } from "./unkept.ts";
import { ServiceError } from "../errors.ts";

/**
 * Parses CBOR (RFC 8949). These types are read:
 *
 * - whole numbers from -(2^53 - 1) to 2^53 - 1;
 * - floating-point numbers of 16, 32 and 64 bits that are finite;
 * - texts in UTF-8, arrays, and maps whose keys are different texts, each of definite or indefinite
 *   length; byte strings in `data` only;
 * - `false`, `true` and `null`.
 *
 * What is well-formed and of another type is an {@link Unkept}, and `data` of a notification an
 * {@link ExactData}, as in JSON.
 *
 * @param options `definite`: texts, byte strings, arrays and maps have to say how long they are
 * @throws {ServiceError} `invalid_request` where it is not well-formed, nested too deeply, or has too many values
 */
export function parseCbor(
  bytes: Uint8Array,
  { definite = false }: { definite?: boolean } = {},
): unknown {
  if (bytes.byteLength === 0) throw new ServiceError("invalid_request", "The body is missing");
  const input = new CborInput(bytes, definite);
  const value = new CborReader(input).value(1);
  if (!input.isDone) throw malformed("it goes on after its value");
  return value;
}

const BYTE_STRING = new Unkept("must not be a byte string");
const TAG = new Unkept("has a CBOR tag: tags are not read, send what it stands for as a text");
const SIMPLE = new Unkept("is `undefined` or another simple value of CBOR that is not read");
const NO_TEXT_AS_KEY = new Unkept("has a key that is not a text");

class CborReader {
  readonly #input: CborInput;
  #values = 0;

  constructor(input: CborInput) {
    this.#input = input;
  }

  /** @param depth how deep it is nested, from 1 */
  value(depth: number): unknown {
    if (++this.#values > MAX_VALUES) {
      throw new ServiceError("invalid_request", "The body holds too many values");
    }
    const head = this.#input.head();
    const minor = head & 31;
    switch (head >> 5) {
      case Major.bytes:
        this.#input.passBytes(minor);
        return BYTE_STRING;
      case Major.text:
        return this.#input.text(minor);
      case Major.array:
        return this.#array(minor, depth);
      case Major.map:
        return this.#map(minor, depth);
      case Major.tag:
        this.#input.argument(minor);
        requireDepth(depth);
        this.value(depth + 1);
        return TAG;
      default:
        return this.#scalar(head);
    }
  }

  #array(minor: number, depth: number): unknown[] {
    requireDepth(depth);
    const length = this.#input.length(minor);
    const entries: unknown[] = [];
    for (let i = 0; !this.#input.isOver(length, i); i++) entries.push(this.value(depth + 1));
    return entries;
  }

  #map(minor: number, depth: number): unknown {
    requireDepth(depth);
    const length = this.#input.length(minor, 2);
    const map: Record<string, unknown> = {};
    let isKept = true;
    for (let i = 0; !this.#input.isOver(length, i); i++) {
      const name = this.value(depth + 1);
      if (typeof name === "string") {
        const isTwice = Object.hasOwn(map, name);
        const value = holdsData(name, depth) ? this.#data() : this.value(depth + 1);
        setMember(map, name, isTwice ? TWICE : value);
      } else {
        isKept = false;
        this.value(depth + 1);
      }
    }
    return isKept ? map : NO_TEXT_AS_KEY;
  }

  /** A number, `true`, `false` or `null`. */
  #scalar(head: number): number | boolean | null | Unkept {
    const minor = head & 31;
    if (head >> 5 !== Major.simple) {
      const argument = this.#input.argument(minor);
      const number = head >> 5 === Major.unsigned ? argument : -1 - argument;
      return Number.isSafeInteger(number) ? number : TOO_LARGE_WHOLE;
    }
    switch (minor) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 24:
        this.#input.simple();
        return SIMPLE;
      case 25:
      case 26:
      case 27: {
        const number = this.#input.float(minor);
        return Number.isFinite(number) ? number : NOT_FINITE;
      }
      default:
        if (minor < 24) return SIMPLE;
        throw malformed("a simple value is none");
    }
  }

  #data(): ExactData {
    const writer = new DataWriter();
    this.#copy(writer, 1);
    return writer.end();
  }

  #copy(writer: DataWriter, depth: number): void {
    const head = this.#input.head();
    const minor = head & 31;
    switch (head >> 5) {
      case Major.bytes:
        return writer.bytes(this.#input.bytes(minor));
      case Major.text:
        return writer.raw(JSON.stringify(this.#input.text(minor)));
      case Major.unsigned:
      case Major.negative:
        return write(writer, this.#scalar(head), String);
      case Major.simple:
        return write(writer, this.#scalar(head), floatText);
    }
    writer.enter(depth);
    switch (head >> 5) {
      case Major.array:
        return this.#copyArray(writer, minor, depth);
      case Major.map:
        return this.#copyMap(writer, minor, depth);
      default:
        writer.refuse(TAG);
        this.#input.argument(minor);
        return writer.isFull ? this.#pass(1) : this.#copy(writer, depth + 1);
    }
  }

  #copyArray(writer: DataWriter, minor: number, depth: number): void {
    const length = this.#input.length(minor);
    writer.raw("[");
    for (let i = 0; !this.#input.isOver(length, i); i++) {
      if (writer.isFull) return this.#pass(length - i);
      if (i > 0) writer.raw(",");
      writer.path.push(i);
      this.#copy(writer, depth + 1);
      writer.path.pop();
    }
    writer.raw("]");
  }

  #copyMap(writer: DataWriter, minor: number, depth: number): void {
    const length = this.#input.length(minor, 2);
    const names = new Names();
    writer.raw("{");
    for (let i = 0; !this.#input.isOver(length, i); i++) {
      if (writer.isFull) return this.#pass(2 * (length - i));
      if (i > 0) writer.raw(",");
      const name = this.#key();
      if (name === undefined) writer.refuse(NO_TEXT_AS_KEY);
      writer.path.push(name ?? i);
      if (name !== undefined && !names.isNew(name)) writer.refuse(TWICE);
      writer.raw(`${JSON.stringify(name ?? "")}:`);
      this.#copy(writer, depth + 1);
      writer.path.pop();
    }
    writer.raw("}");
  }

  /** A key; undefined for one that is no text. */
  #key(): string | undefined {
    const head = this.#input.head();
    if (head >> 5 === Major.text) return this.#input.text(head & 31);
    this.#pass(this.#valuesIn(head));
    return undefined;
  }

  /**
   * Passes over values that are not kept in any case, however deep they are nested.
   *
   * @param count how many; below 0 all up to a break
   */
  #pass(count: number): void {
    /** How many values are still to come in each array and map that is open. */
    const open = [count < 0 ? INDEFINITE : count];
    for (;;) {
      while (this.#input.isOver(open.at(-1) as number, 0)) {
        open.pop();
        if (open.length === 0) return;
      }
      const left = open.at(-1) as number;
      if (left !== INDEFINITE) open[open.length - 1] = left - 1;
      open.push(this.#valuesIn(this.#input.head()));
    }
  }

  /** How many values a value has in it; the head, and what is no value, are passed over. */
  #valuesIn(head: number): number {
    const minor = head & 31;
    switch (head >> 5) {
      case Major.array:
        return this.#input.length(minor);
      case Major.map: {
        const length = this.#input.length(minor, 2);
        return length === INDEFINITE ? length : 2 * length;
      }
      case Major.tag:
        this.#input.argument(minor);
        return 1;
      case Major.bytes:
        this.#input.passBytes(minor);
        return 0;
      case Major.text:
        this.#input.text(minor);
        return 0;
      default:
        this.#scalar(head);
        return 0;
    }
  }
}

function requireDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new ServiceError("invalid_request", "The body is nested too deeply");
}

function write(
  writer: DataWriter,
  value: number | boolean | null | Unkept,
  textOf: (number: number) => string,
): void {
  if (value instanceof Unkept) return writer.refuse(value);
  writer.raw(typeof value === "number" ? textOf(value) : String(value));
}
