import { type DataWriter, MAX_DATA_BYTES } from "./exact_data.ts";
import { exactNumber } from "./exact_number.ts";
import type { Unkept } from "./unkept.ts";
import { ServiceError } from "../errors.ts";

/** Characters that JSON is made of. */
export const Char = {
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  colon: 0x3a,
  openArray: 0x5b,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERAL = /true|false|null/y;
/** A whole number of so many digits is exact. */
const SAFE_DIGITS = 15;
const LITERALS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

/**
 * Reads the tokens of JSON (RFC 8259), and copies them where that is asked for: in runs, as far as
 * nothing stands there that does not belong into compact JSON. Whatever is not JSON throws.
 */
export class JsonInput {
  readonly #text: string;
  #at = 0;
  /** Where it is copied to. */
  #writer: DataWriter | undefined;
  /** What is still to be copied begins here. */
  #run = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next character that is no white space; NaN at the end. */
  peek(): number {
    const code = this.#text.charCodeAt(this.#at);
    if (code > 0x20) return code;
    this.#endRun();
    let next = code;
    while (next === 0x20 || next === 0x0a || next === 0x0d || next === 0x09) {
      next = this.#text.charCodeAt(++this.#at);
    }
    this.#run = this.#at;
    return next;
  }

  /** Takes the character that was seen. */
  take(): void {
    this.#at++;
  }

  /** Takes a character that has to come. */
  require(character: number): void {
    if (this.peek() !== character) throw notJson();
    this.#at++;
  }

  /** Whether an object or array ends before it has anything; its first character was seen. */
  isEmpty(bracket: number): boolean {
    this.#at++;
    if (this.peek() !== bracket) return false;
    this.#at++;
    return true;
  }

  /** Whether another member or entry comes, or else the end. */
  goesOn(bracket: number): boolean {
    const code = this.peek();
    if (code !== Char.comma && code !== bracket) throw notJson();
    this.#at++;
    return code === Char.comma;
  }

  /** A string whose first quote was seen. */
  string(): string {
    const text = this.#text;
    const start = this.#at;
    let isPlain = true;
    for (let at = start + 1;;) {
      const code = text.charCodeAt(at);
      if (code === Char.quote) {
        this.#at = at + 1;
        if (isPlain) return text.slice(start + 1, at);
        return this.#unescaped(start);
      }
      // Neither a control character nor the end of the text.
      if (code >= 0x20 && code !== Char.backslash) {
        at++;
        continue;
      }
      isPlain = false;
      ESCAPE.lastIndex = at;
      if (code !== Char.backslash || !ESCAPE.test(text)) throw notJson();
      at = ESCAPE.lastIndex;
    }
  }

  /** It is copied with no more escapes than are needed. */
  #unescaped(start: number): string {
    const text: string = JSON.parse(this.#text.slice(start, this.#at));
    if (this.#writer === undefined) return text;
    this.#writer.raw(this.#text.slice(this.#run, start));
    this.#writer.raw(JSON.stringify(text));
    this.#run = this.#at;
    return text;
  }

  /** A number, `true`, `false` or `null`. @param first its first character, which was seen */
  scalar(first: number): number | boolean | null | Unkept {
    return this.#shortNumber(first) ?? this.#scalar(first);
  }

  #shortNumber(first: number): number | undefined {
    if (!(first >= 0x31 && first <= 0x39)) return undefined;
    const text = this.#text;
    let number = first - 0x30;
    let at = this.#at + 1;
    let code = text.charCodeAt(at);
    for (; code >= 0x30 && code <= 0x39; code = text.charCodeAt(++at)) {
      number = number * 10 + code - 0x30;
    }
    const goesOn = code === 0x2e || code === 0x65 || code === 0x45;
    if (goesOn || at - this.#at > SAFE_DIGITS) return undefined;
    this.#at = at;
    return number;
  }

  #scalar(first: number): number | boolean | null | Unkept {
    const isNumber = first === 0x2d || (first >= 0x30 && first <= 0x39);
    const form = isNumber ? NUMBER : LITERAL;
    const start = this.#at;
    form.lastIndex = start;
    if (!form.test(this.#text)) throw notJson();
    this.#at = form.lastIndex;
    const source = this.#text.slice(start, this.#at);
    return isNumber ? exactNumber(source) : LITERALS[source] as boolean | null;
  }

  /** From here on what is read is copied. */
  startCopy(writer: DataWriter): void {
    this.peek();
    this.#writer = writer;
    this.#run = this.#at;
  }

  endCopy(): void {
    this.#endRun();
    this.#writer = undefined;
  }

  /** Hands over what was read so far where it is more than is kept. */
  limitCopy(): void {
    if (this.#at - this.#run <= MAX_DATA_BYTES) return;
    this.#endRun();
    this.#run = this.#at;
  }

  /** Passes over the rest of an object or array. Brackets are matched, and nothing else is looked at. */
  passRest(): void {
    for (let open = 1; open > 0;) {
      switch (this.#text.charCodeAt(this.#at)) {
        case Char.quote:
          this.string();
          continue;
        case Char.openObject:
        case Char.openArray:
          open++;
          break;
        case Char.closeObject:
        case Char.closeArray:
          open--;
          break;
      }
      if (++this.#at > this.#text.length) throw notJson();
    }
  }

  /** Insists that nothing comes any more. @param isUnsure whether something was passed over */
  end(isUnsure: boolean): void {
    if (!Number.isNaN(this.peek())) throw notJson();
    if (!isUnsure) return;
    try {
      JSON.parse(this.#text);
    } catch {
      throw notJson();
    }
  }

  #endRun(): void {
    if (this.#run < this.#at) this.#writer?.raw(this.#text.slice(this.#run, this.#at));
  }
}

/** The refusal of what is not JSON. */
export function notJson(): ServiceError {
  return new ServiceError("invalid_request", "The body is not JSON");
}
