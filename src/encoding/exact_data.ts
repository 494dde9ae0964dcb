import { withBytes } from "./binary_data.ts";
import type { Unkept } from "./unkept.ts";

/** `data`, encoded as JSON in UTF-8. */
export const MAX_DATA_BYTES = 16 * 1024;
/** Deeper data could overflow the stack of a device that walks it. */
const MAX_DATA_DEPTH = 64;
/** More are not told of. */
const MAX_ISSUES = 20;

/** Where something in `data` is: names and indices. */
export type Steps = readonly (string | number)[];

/** What can't be kept of `data`. */
export interface DataIssue {
  readonly steps: Steps;
  /** What is wrong and what to do. */
  readonly message: string;
}

/**
 * The `data` of a notification, in whatever format it was sent, as the JSON text that is stored: numbers
 * digit for digit, members in their order. It is never turned into values and back on its way.
 */
export class ExactData {
  constructor(
    /** Without white space between tokens. */
    readonly json: string,
    /** Which texts stand for byte strings, as JSON Pointers (RFC 6901). */
    readonly binary: readonly string[],
    /** Where there are any it must not be stored. */
    readonly issues: readonly DataIssue[],
  ) {}

  /** As values, byte strings as `Uint8Array`s. */
  get value(): unknown {
    return withBytes({ data: JSON.parse(this.json), binary: this.binary });
  }

  /** As `JSON.stringify` takes it. */
  toJSON(): unknown {
    return JSON.parse(this.json);
  }
}

const utf8 = new TextEncoder();

/** Collects `data` while a body is read. */
export class DataWriter {
  /** Names and indices down to where the reader is. */
  readonly path: (string | number)[] = [];
  readonly #binary: string[] = [];
  readonly #issues: DataIssue[] = [];
  #json = "";
  #isTooLarge = false;
  #isTooDeep = false;

  /** Appends a piece of JSON. Nothing is kept of data that is too large. */
  raw(json: string): void {
    if (this.#isTooLarge) return;
    this.#json += json;
    if (this.#json.length > MAX_DATA_BYTES) {
      this.#isTooLarge = true;
      this.#json = "";
    }
  }

  /** Appends a byte string. */
  bytes(bytes: Uint8Array): void {
    // What does not fit in any case is not encoded.
    if (this.#isTooLarge || bytes.byteLength > MAX_DATA_BYTES) {
      this.#isTooLarge = true;
      return;
    }
    this.#binary.push(this.path.map((step) => `/${escape(step)}`).join(""));
    this.raw(`"${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}"`);
  }

  /** Notes that what is at the end of the path can't be kept. */
  refuse({ message }: Unkept): void {
    if (this.#issues.length < MAX_ISSUES) this.#issues.push({ steps: [...this.path], message });
  }

  /** Notes an array or an object. @param depth how deep it is nested, from 1 */
  enter(depth: number): void {
    if (depth > MAX_DATA_DEPTH) this.#isTooDeep = true;
  }

  /** Whether the data is too large or too deep: the rest of it may be passed over. */
  get isFull(): boolean {
    return this.#isTooLarge || this.#isTooDeep;
  }

  end(): ExactData {
    const isTooLarge = this.#isTooLarge ||
      (this.#json.length * 3 > MAX_DATA_BYTES &&
        utf8.encode(this.#json).byteLength > MAX_DATA_BYTES);
    if (isTooLarge || this.#isTooDeep) return new ExactData("null", [], [OUT_OF_BOUNDS]);
    if (this.#issues.length > 0) return new ExactData("null", [], this.#issues);
    return new ExactData(this.#json, this.#binary, []);
  }
}

const OUT_OF_BOUNDS: DataIssue = {
  steps: [],
  message: "must be at most 16 KiB as JSON, nested at most 64 deep",
};

function escape(step: string | number): string {
  return String(step).replaceAll("~", "~0").replaceAll("/", "~1");
}
