/*
 * What the readers of JSON and of CBOR have in common.
 */

/** Deeper than anything may be nested that is accepted in the end. */
export const MAX_DEPTH = 100;
/**
 * Values in one document outside of `data`: more than the largest batch that is accepted holds, and
 * some milliseconds of work. A body of 1 MiB could hold a million.
 */
export const MAX_VALUES = 128 * 1024;

/**
 * Whether a member is the `data` of a notification: of one that is alone, of one in a frame with
 * several messages, or of one in a batch.
 *
 * @param depth how deep the object is nested, from 1
 */
export function holdsData(name: string, depth: number): boolean {
  return name === "data" && depth <= 3;
}

/** Sets a member of an object, whatever its name is. */
export function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") {
    object[name] = value;
    return;
  }
  // Unlike an assignment it makes a property of its own.
  const own = { value, enumerable: true, configurable: true, writable: true };
  Object.defineProperty(object, name, own);
}

/** So many names are compared one by one, which takes less than to make a set of them. */
const FEW = 8;

/** The names of one object's members. */
export class Names {
  readonly #few: string[] = [];
  #many: Set<string> | undefined;

  /** Whether a name was not there before. */
  isNew(name: string): boolean {
    if (this.#many !== undefined) return this.#many.size < this.#many.add(name).size;
    if (this.#few.includes(name)) return false;
    if (this.#few.push(name) > FEW) this.#many = new Set(this.#few);
    return true;
  }
}
