import fc from "fast-check";

/** A value, and one of the many ways to write it in CBOR (RFC 8949). */
export interface Written {
  readonly value: unknown;
  readonly bytes: readonly number[];
}

const utf8 = new TextEncoder();

/** A head with an argument, in so many bytes more than needed as is wished. */
export function head(major: number, argument: number, wider = 0): number[] {
  const least = argument < 24
    ? 0
    : argument < 2 ** 8
    ? 1
    : argument < 2 ** 16
    ? 2
    : argument < 2 ** 32
    ? 3
    : 4;
  const size = Math.min(4, least + wider);
  if (size === 0) return [major << 5 | argument];
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(argument));
  return [major << 5 | 23 + size, ...bytes.slice(8 - 2 ** (size - 1))];
}

const wider = fc.integer({ min: 0, max: 4 });

function string(major: 2 | 3, bytes: Uint8Array, cuts: readonly number[], width: number): number[] {
  if (cuts.length === 0) return [...head(major, bytes.length, width), ...bytes];
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  let start = 0;
  const pieces = ends.flatMap((end) => {
    const piece = bytes.slice(start, end);
    start = end;
    return [...head(major, piece.length, width), ...piece];
  });
  return [major << 5 | 31, ...pieces, 0xff];
}

const integers = fc.tuple(fc.maxSafeInteger(), wider).map(([value, width]): Written => ({
  value,
  bytes: value < 0 ? head(1, -1 - value, width) : head(0, value, width),
}));

const doubles = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value): Written => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return { value, bytes: [0xfb, ...bytes] };
});

const halves = fc.integer({ min: 0, max: 0xffff }).filter((bits) => (bits & 0x7c00) !== 0x7c00)
  .map((bits): Written => {
    const view = new DataView(new ArrayBuffer(2));
    view.setUint16(0, bits);
    return { value: view.getFloat16(0), bytes: [0xf9, bits >> 8, bits & 255] };
  });

const simple = fc.constantFrom<Written>(
  { value: false, bytes: [0xf4] },
  { value: true, bytes: [0xf5] },
  { value: null, bytes: [0xf6] },
);

const cuts = fc.array(fc.nat(40), { maxLength: 2 });

/** Any text that CBOR can hold; only ASCII is cut into pieces, as each piece has to be UTF-8. */
const texts = fc.tuple(
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom("__proto__", "\ufeffa", "", "1"),
  ),
  cuts,
  wider,
).map(([value, cuts, width]): Written => {
  const isAscii = [...value].every((letter) => letter < "\x80");
  return { value, bytes: string(3, utf8.encode(value), isAscii ? cuts : [], width) };
});

const byteStrings = fc.tuple(fc.uint8Array({ maxLength: 40 }), cuts, wider)
  .map(([value, cuts, width]): Written => ({ value, bytes: string(2, value, cuts, width) }));

/** Any value that is read, with one of its encodings; of byte strings only where they are asked for. */
export function written({ binary = true } = {}): fc.Arbitrary<Written> {
  const leaf = fc.oneof(integers, doubles, halves, simple, texts, ...binary ? [byteStrings] : []);
  const open = fc.boolean();
  return fc.letrec<{ any: Written }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.tuple(fc.array(tie("any"), { maxLength: 5 }), open, wider).map((
        [entries, open, width],
      ) => ({
        value: entries.map(({ value }) => value),
        bytes: around(4, entries, open, width),
      })),
      fc.tuple(
        fc.uniqueArray(fc.tuple(texts, tie("any")), {
          maxLength: 5,
          selector: ([key]) => key.value,
        }),
        open,
        wider,
      ).map(([entries, open, width]) => ({
        value: Object.fromEntries(entries.map(([key, { value }]) => [key.value, value])),
        bytes: around(5, entries.flat(), open, width),
      })),
    ),
  })).any;
}

function around(major: 4 | 5, parts: readonly Written[], open: boolean, width: number): number[] {
  const inner = parts.flatMap(({ bytes }) => bytes);
  if (open) return [major << 5 | 31, ...inner, 0xff];
  return [...head(major, major === 5 ? parts.length / 2 : parts.length, width), ...inner];
}
