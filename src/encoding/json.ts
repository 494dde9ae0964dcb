import { holdsData, MAX_DEPTH, MAX_VALUES, Names, setMember } from "./document.ts";
import { DataWriter, type ExactData } from "./exact_data.ts";
import { Char, JsonInput, notJson } from "./json_input.ts";
import { HALF_CHARACTER, TWICE, Unkept } from "./unkept.ts";
import { ServiceError } from "../errors.ts";

/**
 * Parses JSON (RFC 8259) as `JSON.parse` does, and loses nothing on the way:
 *
 * - `data` of a notification stays a text: an {@link ExactData};
 * - what a value in memory can't hold is an {@link Unkept}: a number with too many digits, half a
 *   surrogate pair.
 *
 * @throws {ServiceError} `invalid_request` where it is not JSON, nested too deeply, or has too many values
 */
export function parseJsonText(text: string): unknown {
  return new JsonReader(text).read();
}

/** Values that a number counts as whose digits have to be looked at one by one. */
const NUMBER_WORK = 4;

class JsonReader {
  readonly #input: JsonInput;
  #values = 0;
  /** Whether something was passed over without being looked at. */
  #isUnsure = false;

  constructor(text: string) {
    this.#input = new JsonInput(text);
  }

  read(): unknown {
    const value = this.#value(1);
    this.#input.end(this.#isUnsure);
    return value;
  }

  /** @param depth how deep it is nested, from 1 */
  #value(depth: number): unknown {
    const first = this.#input.peek();
    this.#count(1);
    switch (first) {
      case Char.quote: {
        const text = this.#input.string();
        return text.isWellFormed() ? text : HALF_CHARACTER;
      }
      case Char.openObject:
        return this.#object(depth);
      case Char.openArray:
        return this.#array(depth);
      default: {
        const scalar = this.#input.scalar(first);
        if (typeof scalar === "number" && Number.isSafeInteger(scalar)) return scalar;
        this.#count(NUMBER_WORK);
        return scalar;
      }
    }
  }

  #object(depth: number): Record<string, unknown> {
    requireDepth(depth);
    const object: Record<string, unknown> = {};
    if (this.#input.isEmpty(Char.closeObject)) return object;
    do {
      const name = this.#name();
      this.#input.require(Char.colon);
      // Of a name that is there twice the last counts, as in every parser of JSON.
      const value = holdsData(name, depth) ? this.#data() : this.#value(depth + 1);
      setMember(object, name, value);
    } while (this.#input.goesOn(Char.closeObject));
    return object;
  }

  #array(depth: number): unknown[] {
    requireDepth(depth);
    const entries: unknown[] = [];
    if (this.#input.isEmpty(Char.closeArray)) return entries;
    do entries.push(this.#value(depth + 1)); while (this.#input.goesOn(Char.closeArray));
    return entries;
  }

  #data(): ExactData {
    const writer = new DataWriter();
    this.#input.startCopy(writer);
    this.#copy(writer, 1);
    this.#input.endCopy();
    return writer.end();
  }

  #copy(writer: DataWriter, depth: number): void {
    const first = this.#input.peek();
    if (first === Char.quote) {
      if (!this.#input.string().isWellFormed()) writer.refuse(HALF_CHARACTER);
    } else if (first === Char.openObject) {
      writer.enter(depth);
      this.#copyObject(writer, depth);
    } else if (first === Char.openArray) {
      writer.enter(depth);
      this.#copyArray(writer, depth);
    } else {
      const scalar = this.#input.scalar(first);
      if (scalar instanceof Unkept) writer.refuse(scalar);
    }
  }

  #copyObject(writer: DataWriter, depth: number): void {
    if (this.#input.isEmpty(Char.closeObject)) return;
    const names = new Names();
    do {
      if (this.#isFull(writer)) return this.#pass();
      const name = this.#name();
      writer.path.push(name);
      if (!names.isNew(name)) writer.refuse(TWICE);
      if (!name.isWellFormed()) writer.refuse(HALF_CHARACTER);
      this.#input.require(Char.colon);
      this.#copy(writer, depth + 1);
      writer.path.pop();
    } while (this.#input.goesOn(Char.closeObject));
  }

  #copyArray(writer: DataWriter, depth: number): void {
    if (this.#input.isEmpty(Char.closeArray)) return;
    let index = 0;
    do {
      if (this.#isFull(writer)) return this.#pass();
      writer.path.push(index++);
      this.#copy(writer, depth + 1);
      writer.path.pop();
    } while (this.#input.goesOn(Char.closeArray));
  }

  #isFull(writer: DataWriter): boolean {
    this.#input.limitCopy();
    return writer.isFull;
  }

  #pass(): void {
    this.#isUnsure = true;
    this.#input.passRest();
  }

  #name(): string {
    if (this.#input.peek() !== Char.quote) throw notJson();
    return this.#input.string();
  }

  #count(values: number): void {
    this.#values += values;
    if (this.#values > MAX_VALUES) {
      throw new ServiceError("invalid_request", "The body holds too many values");
    }
  }
}

function requireDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new ServiceError("invalid_request", "The body is nested too deeply");
}
