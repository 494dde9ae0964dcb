/** `data` as JSON can hold it. */
export interface TextualData {
  readonly data: unknown;
  /** Where texts stand for byte strings, as JSON Pointers (RFC 6901) into `data`. */
  readonly binary: readonly string[];
}

/**
 * Turns byte strings into texts, base64url without padding, and notes which ones they are. So an item
 * is JSON whoever published it: devices that speak JSON get it as it is stored, and those that speak
 * CBOR get byte strings back by {@link withBytes}.
 */
export function withoutBytes(data: unknown): TextualData {
  const binary: string[] = [];
  return { data: textual(data, "", binary), binary };
}

/** What {@link withoutBytes} was given; pointers that lead to no text are passed over. */
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

function textual(value: unknown, pointer: string, binary: string[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) {
    binary.push(pointer);
    return value.toBase64({ alphabet: "base64url", omitPadding: true });
  }
  if (Array.isArray(value)) {
    return value.map((entry, i) => textual(entry, `${pointer}/${i}`, binary));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      textual(entry, `${pointer}/${escape(key)}`, binary),
    ]),
  );
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

function escape(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unescape(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
