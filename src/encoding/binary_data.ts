/** `data` as JSON can hold it. */
export interface TextualData {
  readonly data: unknown;
  /** Where texts stand for byte strings, as JSON Pointers (RFC 6901) into `data`. */
  readonly binary: readonly string[];
}

/**
 * `data` with byte strings where texts stand for them: devices that speak JSON get an item as it is
 * stored, and those that speak CBOR get byte strings. Pointers that lead to no text are passed over.
 */
export function withBytes({ data, binary }: TextualData): unknown {
  const root = { data };
  for (const pointer of binary) {
    const steps = ["data", ...pointer.split("/").slice(1).map(unescape)];
    const last = steps.pop() as string;
    let at: unknown = root;
    for (const step of steps) at = own(at, step);
    const text = own(at, last);
    if (typeof text !== "string") continue;
    const value = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    // Unlike an assignment it makes a property of its own of any name.
    Object.defineProperty(at, last, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return root.data;
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

function unescape(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
