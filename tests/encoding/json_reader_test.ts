import assert from "node:assert/strict";
import fc from "fast-check";
import type { ExactData } from "../../src/encoding/exact_data.ts";
import { exactNumber } from "../../src/encoding/exact_number.ts";
import { parseJsonText } from "../../src/encoding/json.ts";
import { Unkept } from "../../src/encoding/unkept.ts";
import { hasCode } from "../../src/errors.ts";

/** What is read of a text; undefined where it is refused as it should be. */
function read(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseJsonText(text) };
  } catch (error) {
    assert(hasCode(error, "invalid_request"), `${error} for ${text}`);
    return undefined;
  }
}

/** What is read of a text as the `data` of a notification. */
function inData(text: string): ExactData {
  return (parseJsonText(`{"data":${text}}`) as { data: ExactData }).data;
}

function issuesOf(text: string): string[] {
  return inData(text).issues.map(({ steps }) => ["data", ...steps].join("."));
}

const space = fc.string({ unit: fc.constantFrom(" ", "\n", "\r", "\t"), maxLength: 2 });

/** JSON in one of the ways that programs write it. */
const written = fc.tuple(
  fc.jsonValue({ maxDepth: 4, stringUnit: "binary" }),
  fc.constantFrom(undefined, 1, "\t"),
  space,
  fc.boolean(),
).map(([value, indent, around, isAscii]) => {
  const json = JSON.stringify(value, undefined, indent);
  const escaped = json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${around}${isAscii ? escaped : json}${around}`;
});

/** JSON, and what is nearly JSON. */
const texts = fc.oneof(
  written,
  fc.tuple(
    written,
    fc.array(fc.tuple(fc.nat(200), fc.constantFrom(...'{}[]",:\\0eE.+-u/ \u0000tfn')), {
      minLength: 1,
      maxLength: 3,
    }),
  ).map(([text, changes]) => {
    const letters = [...text];
    for (const [at, letter] of changes) letters.splice(at % (letters.length + 1), at % 2, letter);
    return letters.join("");
  }),
  fc.string(),
);

Deno.test("a text is read where JSON.parse reads it, and nowhere else", () => {
  let good = 0;
  fc.assert(
    fc.property(texts, (text) => {
      let expected: { value: unknown } | undefined;
      try {
        expected = { value: JSON.parse(text) };
      } catch {
        expected = undefined;
      }
      const value = read(text);
      assert.equal(value === undefined, expected === undefined, text);
      assert.equal(read(`{"data":${text}}`) === undefined, expected === undefined, text);
      if (value === undefined || !isKept(value.value)) return;
      good++;
      assert.deepEqual(value, expected);
    }),
    { numRuns: 10_000 },
  );
  assert(good > 1_000, `only ${good} were read`);
});

Deno.test("data keeps its text, but for white space and escapes that are not needed", () => {
  fc.assert(
    fc.property(written, (text) => {
      const { json, issues } = inData(text);
      if (issues.length > 0) return;
      const value = JSON.parse(text);
      assert.deepEqual(JSON.parse(json), value);
      assert.equal(json.length, JSON.stringify(value).length);
    }),
    { numRuns: 3_000 },
  );
  const cases: [string, string?][] = [
    ['{"2":1,"10":2,"1":3,"b":4,"a":5}'],
    ["[1.0,1.50,1e2,1E+2,-0,-0.0,0.1,0e9,1e-7,123456789012345e-3]"],
    ['{"__proto__":{"a":1},"constructor":2,"":3}'],
    ['"\ufeff\u2028"'],
    [' { "a" : [ 1 , 2 ] , "b" : { } } ', '{"a":[1,2],"b":{}}'],
    ['{"\\u0061":"\\u00e4\\/\\u0000\\ud83d\\ude80"}', '{"a":"ä/\\u0000🚀"}'],
    ["null"],
  ];
  for (const [text, expected = text] of cases) {
    assert.deepEqual({ ...inData(text) }, { json: expected, binary: [], issues: [] }, text);
  }
});

Deno.test("what can't be kept exactly is told with its place", () => {
  const cases: [string, ...string[]][] = [
    ["9007199254740993", "data"],
    ['{"order":{"id":1285704473650888702}}', "data.order.id"],
    ["[1e400,1,-1e400]", "data.0", "data.2"],
    ['{"a":1,"a":2}', "data.a"],
    ['{"a":1,"\\u0061":2}', "data.a"],
    ['{"__proto__":1,"__proto__":2}', "data.__proto__"],
    ['{"x":"\\ud800"}', "data.x"],
    ['["\\udc00\\ud800"]', "data.0"],
    ['{"a":[{"b":0.1000000000000000055511}]}', "data.a.0.b"],
    ["1e-400", "data"],
  ];
  for (const [text, ...places] of cases) assert.deepEqual(issuesOf(text), places, text);
  assert.equal(issuesOf('{"\\ud800":1}').length, 1);
  // Outside of data it can't be taken for another value either.
  for (const text of ["[9007199254740993]", '"\\udfff"', "1e400"]) {
    assert(!isKept(parseJsonText(text)), text);
  }
});

Deno.test("a number is kept where a 64-bit float gives it back", () => {
  const kept = [
    ["0", "-0", "0.0", "-0.0e-5", "9007199254740991", "-9007199254740991", "1e21", "6.022e23"],
    ["0.1", "0.30000000000000004", "21.300000000000001", "5e-324", "4.9406564584124654e-324"],
    ["1.7976931348623157e308", "1.5000000000000000000000000", "100000000000000000000e-5", "1e300"],
    ["1.5e18", "1e22", "0.000000000000000000000000000000001"],
  ].flat();
  const refused = [
    ["9007199254740992", "-9007199254740992", "9007199254740993", "100000000000000000000"],
    ["9007199254740993.0", "9.007199254740993e15", "90071992547409931e-1", "1e309", "-1e999"],
    ["0.1000000000000000055511", "3.14159265358979323846", "1e-324", "0.30000000000000003"],
    ["4.9e-324", `0.${"0".repeat(400)}1`, "1.7976931348623158e308", "1" + "0".repeat(400)],
  ].flat();
  for (const source of kept) assert(!(exactNumber(source) instanceof Unkept), source);
  for (const source of refused) assert(exactNumber(source) instanceof Unkept, source);
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
    for (const source of [number.toExponential(), number.toPrecision(17)]) {
      if (/[.e]/.test(source)) assert.equal(exactNumber(source), Number(source), source);
    }
  }));
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (whole) => {
    const isSafe = whole > -(2n ** 53n) && whole < 2n ** 53n;
    assert.equal(exactNumber(String(whole)) instanceof Unkept, !isSafe);
  }));
  // Whatever is kept is the same decimal when the float is written down again.
  const decimals = fc.tuple(
    fc.bigInt({ min: 0n, max: 10n ** 19n }),
    fc.integer({ min: -30, max: 30 }),
  );
  fc.assert(
    fc.property(decimals, ([digits, power]) => {
      const number = exactNumber(`${digits}e${power}`);
      if (number instanceof Unkept) return;
      const back = [String(number), number.toPrecision(17)].map(decimal);
      assert(
        back.some(([d, p]) =>
          power >= p
            ? digits * 10n ** BigInt(power - p) === d
            : digits === d * 10n ** BigInt(p - power)
        ),
      );
    }),
    { numRuns: 3_000 },
  );
});

/** The digits and the power of ten of a decimal. */
function decimal(source: string): [bigint, number] {
  const [mantissa = "", power = "0"] = source.split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return [BigInt(whole + fraction), Number(power) - fraction.length];
}

Deno.test("what is read has bounds", () => {
  const MIB = 1024 * 1024;
  const list = (entry: string) =>
    `[${Array.from({ length: MIB / (entry.length + 1) - 1 }, () => entry)}]`;
  for (const entry of ["{}", "[]", "0", '""', "1.5"]) {
    assert.throws(() => parseJsonText(list(entry)), /too many values/, entry);
    assert.match(inData(list(entry)).issues[0]?.message ?? "", /at most 16 KiB/, entry);
  }
  assert.throws(() => parseJsonText("[".repeat(MIB)), /nested too deeply/);
  assert.throws(() => parseJsonText(`${"[".repeat(101)}${"]".repeat(101)}`), /nested too deeply/);
  parseJsonText(`${"[".repeat(100)}${"]".repeat(100)}`);
  const deep = "[".repeat(MIB / 2) + "]".repeat(MIB / 2);
  assert.match(inData(deep).issues[0]?.message ?? "", /64 deep/);
  // What was passed over still has to be JSON, and what comes after it is read.
  assert.throws(() => inData(`[${"[".repeat(99)}1 2${"]".repeat(99)}]`), /not JSON/);
  const { title } = parseJsonText(`{"data":${deep},"title":"x"}`) as { title: unknown };
  assert.equal(title, "x");
});

/** Whether nothing in a value stands for what can't be kept. */
function isKept(value: unknown): boolean {
  if (value instanceof Unkept) return false;
  return typeof value !== "object" || value === null || Object.values(value).every(isKept);
}
