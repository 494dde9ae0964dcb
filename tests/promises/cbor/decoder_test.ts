import assert from "node:assert/strict";
import { decode, encode } from "cborg";
import fc from "fast-check";
import { parseCbor } from "../../../src/encoding/cbor.ts";
import { ExactData } from "../../../src/encoding/exact_data.ts";
import { Unkept } from "../../../src/encoding/unkept.ts";
import { head, written } from "../../drivers/cbor_bytes.ts";
import { hasCode } from "../../../src/errors.ts";

/** What comes of bytes: a value, or undefined where they are refused as they should be. */
function read(bytes: Uint8Array, options = {}): { readonly value: unknown } | undefined {
  try {
    return { value: parseCbor(bytes, options) };
  } catch (error) {
    assert(hasCode(error, "invalid_request"), `${error} for ${bytes.toHex()}`);
    return undefined;
  }
}

Deno.test("whatever way a value is written in, it is read", () => {
  fc.assert(
    fc.property(written({ binary: false }), ({ value, bytes }) => {
      assert.deepEqual(parseCbor(Uint8Array.from(bytes)), value);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("whatever way data is written in, it becomes JSON that reads the same", () => {
  fc.assert(
    fc.property(written(), ({ value, bytes }) => {
      const data = inData(bytes);
      assert.deepEqual(data.issues, []);
      assert.deepEqual(data.value, value);
    }),
    { numRuns: 1_000 },
  );
});

/** What is read of bytes as the `data` of a notification. */
function inData(bytes: Iterable<number>): ExactData {
  const { data } = parseCbor(Uint8Array.of(0xa1, ...encode("data"), ...bytes)) as {
    data: ExactData;
  };
  return data;
}

Deno.test("any bytes are read or refused, and never fail otherwise", () => {
  const damaged = fc.tuple(
    written(),
    fc.array(fc.tuple(fc.nat(1_000), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
    fc.nat(3),
  ).map(([{ bytes }, changes, cut]) => {
    const mutant = Uint8Array.from(bytes.slice(0, bytes.length - cut));
    for (const [at, byte] of changes) if (mutant.length > 0) mutant[at % mutant.length] = byte;
    return mutant;
  });
  const any = fc.oneof(damaged, fc.uint8Array({ maxLength: 60 }));
  const data = (bytes: Uint8Array) => Uint8Array.of(0xa1, ...encode("data"), ...bytes);
  fc.assert(
    fc.property(any, (bytes) => {
      const ours = read(data(bytes));
      if (ours === undefined) return assert.equal(read(bytes), undefined);
      assert.notEqual(read(bytes), undefined);
      const { value, issues } = (ours.value as { data: ExactData }).data;
      if (issues.length === 0) assert(isJson(value));
    }),
    { numRuns: 5_000 },
  );
  fc.assert(
    fc.property(any, fc.boolean(), (bytes, definite) => {
      const ours = read(bytes, { definite });
      if (ours === undefined || !isPlain(ours.value)) return;
      if (!definite || bytes.toHex().includes("efbbbf")) return;
      // cborg reads all that is read here, but for strings in pieces, and loses byte order marks.
      assert.deepEqual(ours.value, plain(decode(bytes, { useMaps: true })));
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("what is read has bounds: nothing is kept or walked before it is known to be there", () => {
  const MIB = 1024 * 1024;
  const filled = (byte: number) =>
    Uint8Array.from([...head(4, MIB - 5), ...new Uint8Array(MIB - 5).fill(byte)]);
  const cases: [string, Uint8Array, RegExp][] = [
    ["empty maps", filled(0xa0), /too many values/],
    ["empty arrays", filled(0x80), /too many values/],
    ["numbers", filled(0), /too many values/],
    ["empty texts", filled(0x60), /too many values/],
    ["empty byte strings", filled(0x40), /too many values/],
    ["arrays in arrays", new Uint8Array(MIB).fill(0x81), /nested too deeply/],
    ["open arrays in arrays", new Uint8Array(MIB).fill(0x9f), /nested too deeply/],
    ["open maps in maps", new Uint8Array(MIB).fill(0xbf), /nested too deeply/],
    ["pieces without end", new Uint8Array(MIB).fill(0x60).fill(0x7f, 0, 1), /ends in the middle/],
    [
      "an array of 2^53 - 1",
      Uint8Array.from(head(4, Number.MAX_SAFE_INTEGER)),
      /ends in the middle/,
    ],
    ["a map of 2^53 - 1", Uint8Array.from(head(5, Number.MAX_SAFE_INTEGER)), /ends in the middle/],
    ["a text of 2^53 - 1", Uint8Array.from(head(3, Number.MAX_SAFE_INTEGER)), /ends in the middle/],
    ["a map of one pair too many", Uint8Array.of(0xa2, 0x61, 0x61, 0), /ends in the middle/],
  ];
  for (const [name, bytes, message] of cases) {
    assert.throws(() => parseCbor(bytes), { code: "invalid_request", message }, name);
  }
});

/** Not well-formed (RFC 8949, appendix F). */
const MALFORMED: Readonly<Record<string, readonly number[]>> = {
  "a break": [0xff],
  "false in two bytes": [0xf8, 20],
  "a reserved simple value": [0xfc],
  "a reserved length": [0x1c],
  "a reserved length of a text": [0x7d],
  "an open number": [0x1f],
  "an open tag": [0xdf, 0],
  "a text that is not UTF-8": [0x62, 0xc3, 0x28],
  "half a surrogate pair": [0x63, 0xed, 0xa0, 0x80],
  "a text cut in the middle of a character": [0x7f, 0x61, 0xc3, 0x61, 0xa4, 0xff],
  "bytes in an open text": [0x7f, 0x41, 0x61, 0xff],
  "an open text in an open text": [0x7f, 0x7f, 0x61, 0x61, 0xff, 0xff],
};

/** Well-formed, and nothing that JSON has. */
const REFUSED: Readonly<Record<string, readonly number[]>> = {
  "undefined": [0xf7],
  "a simple value": [0xe0],
  "a simple value in two bytes": [0xf8, 0xff],
  "NaN": [0xf9, 0x7e, 0],
  "infinity": [0xfa, 0x7f, 0x80, 0, 0],
  "minus infinity": [0xfb, 0xff, 0xf0, 0, 0, 0, 0, 0, 0],
  "2^53": [0x1b, 0, 0x20, 0, 0, 0, 0, 0, 0],
  "-2^53": [0x3b, 0, 0x1f, 255, 255, 255, 255, 255, 255],
  "2^64 - 1": [0x1b, 255, 255, 255, 255, 255, 255, 255, 255],
  "a bignum": [0xc2, 0x41, 1],
  "a date": [0xc1, 0],
  "a self-described value": [0xd9, 0xd9, 0xf7, 0],
  "a map with a key twice": [0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2],
  "a map with a number as a key": [0xa1, 1, 2],
  "a map with an array as a key": [0xbf, 0x9f, 1, 0xff, 2, 0xff],
};

const PLACES: Readonly<Record<string, (bytes: readonly number[]) => number[]>> = {
  "alone": (bytes) => [...bytes],
  "last in an array": (bytes) => [0x82, 1, ...bytes],
  "first in an array": (bytes) => [0x82, ...bytes, 1],
  "in an open array": (bytes) => [0x9f, 1, ...bytes, 1, 0xff],
  "as a map's value": (bytes) => [0xa1, 0x61, 0x61, ...bytes],
  "as an open map's value": (bytes) => [0xbf, 0x61, 0x61, ...bytes, 0xff],
  "as a map's key": (bytes) => [0xa1, ...bytes, 0],
};

Deno.test("what is not well-formed is refused as a whole, wherever it stands", () => {
  for (const [what, bytes] of Object.entries(MALFORMED)) {
    for (const [where, place] of Object.entries(PLACES)) {
      if (what === "a break" && where === "in an open array") continue;
      const name = `${what} ${where}`;
      const placed = place(bytes);
      assert.throws(() => parseCbor(Uint8Array.from(placed)), { code: "invalid_request" }, name);
      assert.throws(() => inData(placed), { code: "invalid_request" }, name);
    }
  }
  assert.deepEqual(parseCbor(Uint8Array.of(0x9f, 1, 0xff)), [1]);
});

Deno.test("every other type that JSON has nothing for is refused where it stands", () => {
  for (const [what, bytes] of Object.entries(REFUSED)) {
    for (const [where, place] of Object.entries(PLACES)) {
      const placed = place(bytes);
      assert(!isPlain(parseCbor(Uint8Array.from(placed))), `${what} ${where}`);
      assert.equal(inData(placed).issues.length, 1, `${what} ${where}`);
    }
  }
  const deep = inData([0xa1, 0x61, 0x61, 0x82, 1, 0xf7]);
  assert.deepEqual(deep.issues[0]?.steps, ["a", 1]);
});

Deno.test("data that is too large or too deep is passed over, and what comes after it is read", () => {
  const long = 20_000;
  const wide = (byte: number) => [...head(4, long), ...new Uint8Array(long).fill(byte)];
  const deep = (byte: number) => [...new Uint8Array(long).fill(byte), 0];
  const cases: [string, readonly number[]][] = [
    ["a long text", [...head(3, long), ...new Uint8Array(long).fill(0x61)]],
    ["long bytes", [...head(2, long), ...new Uint8Array(long)]],
    ["numbers", wide(0)],
    ["empty maps", wide(0xa0)],
    ["empty texts", wide(0x60)],
    ["empty byte strings", wide(0x40)],
    ["an open array", [0x9f, ...new Uint8Array(long), 0xff]],
    ["arrays in arrays", deep(0x81)],
    ["tags in tags", deep(0xc1)],
    ["open arrays in arrays", [
      ...new Uint8Array(long).fill(0x9f),
      ...new Uint8Array(long).fill(0xff),
    ]],
    ["maps in maps", Array.from({ length: long }, () => [0xa1, 0x60]).flat().concat(0)],
    ["65 arrays", [...new Uint8Array(65).fill(0x81), 0]],
  ];
  for (const [name, bytes] of cases) {
    const whole = Uint8Array.from([0xa2, ...encode("data"), ...bytes, ...encode("title"), 1]);
    const { data, title } = parseCbor(whole) as { data: ExactData; title: unknown };
    assert.match(data.issues[0]?.message ?? "", /at most 16 KiB.*64 deep/, name);
    assert.equal(title, 1, name);
  }
  assert.deepEqual(inData([...new Uint8Array(64).fill(0x81), 0]).issues, []);
});

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, entry]) => [key, plain(entry)]));
}

/** Whether nothing in a value stands for what can't be kept. */
function isPlain(value: unknown): boolean {
  if (value instanceof Unkept) return false;
  if (value instanceof ExactData) return value.issues.length === 0;
  if (Array.isArray(value)) return value.every(isPlain);
  return typeof value !== "object" || value === null || Object.values(value).every(isPlain);
}

/** Whether a value is one of JSON, or has byte strings besides. */
function isJson(value: unknown): boolean {
  if (value === null || ["string", "boolean"].includes(typeof value)) return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (value instanceof Uint8Array) return true;
  return Object.values(value as object).every(isJson);
}
