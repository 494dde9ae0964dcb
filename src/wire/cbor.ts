import { decode, type DecodeOptions, Tokenizer } from "cborg";
import { InvalidRequest } from "./errors.ts";

/** Deeper than anything may be nested that is accepted in the end. */
const MAX_DEPTH = 100;

const utf8 = new TextDecoder("utf-8", { fatal: true });

const OPTIONS: DecodeOptions = {
  // They keep keys such as `__proto__` from doing anything.
  useMaps: true,
  rejectDuplicateMapKeys: true,
  allowUndefined: false,
  allowBigInt: false,
  allowNaN: false,
  allowInfinity: false,
  retainStringBytes: true,
};

/** cborg puts a replacement character where a text is not UTF-8; this one throws. */
class StrictTokenizer extends Tokenizer {
  override next(): ReturnType<Tokenizer["next"]> {
    const token = super.next();
    if (token.byteValue !== undefined) utf8.decode(token.byteValue);
    return token;
  }
}

/**
 * Parses CBOR (RFC 8949) to what `JSON.parse` could have given, but for byte strings, which stay
 * `Uint8Array`s. Tags, `undefined`, NaN, infinities and whole numbers beyond 2^53 are refused, and so
 * are maps with other keys than texts, or with one twice.
 *
 * @param options `definite`: texts, byte strings, arrays and maps have to say how long they are
 * @throws {InvalidRequest}
 */
export function parseCbor(
  bytes: Uint8Array,
  { definite = false }: { definite?: boolean } = {},
): unknown {
  if (bytes.byteLength === 0) throw new InvalidRequest("The body is missing");
  let value: unknown;
  try {
    const options = { ...OPTIONS, allowIndefinite: !definite };
    value = decode(bytes, { ...options, tokenizer: new StrictTokenizer(bytes, options) });
  } catch {
    throw new InvalidRequest("The body is not CBOR that can be read here");
  }
  return plain(value, MAX_DEPTH);
}

function plain(value: unknown, levels: number): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (levels === 0) throw new InvalidRequest("The body is nested too deeply");
  if (Array.isArray(value)) return value.map((entry) => plain(entry, levels - 1));
  const entries = [...value as Map<unknown, unknown>].map(([key, entry]) => {
    if (typeof key !== "string") throw new InvalidRequest("A map has a key that is not a text");
    return [key, plain(entry, levels - 1)];
  });
  return Object.fromEntries(entries);
}
