/** A JSON Schema, or another part of a document. */
export interface Json {
  [name: string]: unknown;
}

/** What a schema describes: what callers send, or what they are answered. */
export type Direction = "request" | "answer";

/** Composition that says which fields go together; programs that make clients read it as other types. */
const COMPOSITION = ["oneOf", "not", "propertyNames"];
/** What these hold is no schema. */
const VALUES = new Set(["examples", "example", "default", "enum", "const", "required"]);
const INT32_MAX = 2 ** 31 - 1;

/**
 * Makes schemas plain enough for programs that make clients of them, and open enough for what the
 * service may add (G-4). What a schema says less than the service checks is in its description, and the
 * service goes on to check it.
 *
 * - `const` and unions of texts become the type itself. Generated code for `everyone: true` does not
 *   compile or loses the field.
 * - Defaults of a body's fields move into the description: generated types would require the fields.
 * - Rules about which fields go together are left out: generated code takes them for other types.
 * - Whole numbers have a `format`, or generated code takes 32 bits for all of them; bounds that only
 *   say what JavaScript can count to are left out.
 * - A time has no `maxLength`: generated code applies it to its own type of times and fails.
 * - In answers each enum is open and each object may have more fields, or generated code fails on the
 *   first value that a later version adds. Bodies that may have no other fields say so by
 *   `unevaluatedProperties`: one `additionalProperties: false` anywhere makes `openapi-generator` refuse
 *   unknown fields in answers too, in Go.
 */
export function plainSchema(schema: unknown, direction: Direction): unknown {
  if (Array.isArray(schema)) return schema.map((part) => plainSchema(part, direction));
  if (!isObject(schema)) return schema;
  const plain: Json = {};
  for (const [name, value] of Object.entries(united(schema))) {
    if (name === "properties") plain[name] = propertiesOf(value, direction);
    else plain[name] = VALUES.has(name) ? value : plainSchema(value, direction);
  }
  if ("const" in plain) delete plain["const"];
  if (isType(plain, "integer")) wholeNumber(plain);
  if (plain["format"] === "date-time") delete plain["maxLength"];
  if (isType(plain, "object")) openOrFlat(plain, direction);
  if (direction === "answer" && "enum" in plain) openEnum(plain);
  return plain;
}

function propertiesOf(properties: unknown, direction: Direction): Json {
  return Object.fromEntries(
    Object.entries(Object(properties)).map(([name, schema]) => {
      const plain = plainSchema(schema, direction);
      return [name, direction === "request" && isObject(plain) ? withoutDefault(plain) : plain];
    }),
  );
}

function withoutDefault({ default: value, ...schema }: Json): Json {
  if (value === undefined) return schema;
  const description = `${schema["description"] ?? ""} \`${value}\` unless given.`.trim();
  return { ...schema, description };
}

/** A union as one type where that is possible: of something and null, or of texts. */
function united(schema: Json): Json {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const parts = anyOf as Json[];
  const others = parts.filter((part) => part["type"] !== "null");
  const [first = {}] = others;
  if (others.length < parts.length && others.length === 1 && typeof first["type"] === "string") {
    return { ...first, ...rest, type: [first["type"], "null"] };
  }
  if (parts.every((part) => part["type"] === "string")) {
    const patterns = parts.map(({ const: value, pattern }) =>
      value === undefined ? pattern : `^${literally(String(value))}$`
    );
    const isKnown = patterns.every((pattern) => pattern !== undefined);
    return { type: "string", ...(isKnown ? { pattern: patterns.join("|") } : {}), ...rest };
  }
  // A time as text says all that a number of seconds does.
  if (parts.length === 2 && isType(first, "string") && isType(parts[1] ?? {}, "number")) {
    return { ...first, ...rest };
  }
  return schema;
}

/** A pattern that matches a text and nothing else, in the words of every language's patterns. */
function literally(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&");
}

function wholeNumber(schema: Json): void {
  for (const bound of ["minimum", "maximum"]) {
    if (Math.abs(Number(schema[bound])) === Number.MAX_SAFE_INTEGER) delete schema[bound];
  }
  const { minimum, maximum } = schema;
  const isSmall = Number(minimum) >= -INT32_MAX && Number(maximum) <= INT32_MAX;
  schema["format"] = isSmall ? "int32" : "int64";
}

function openOrFlat(schema: Json, direction: Direction): void {
  for (const name of COMPOSITION) delete schema[name];
  const { additionalProperties } = schema;
  if (direction === "answer" && !isMap(additionalProperties)) schema["additionalProperties"] = true;
  else if (additionalProperties === false) {
    delete schema["additionalProperties"];
    schema["unevaluatedProperties"] = false;
  }
}

/** Whether the fields of an object have a type of their own, whatever they are called. */
function isMap(additionalProperties: unknown): boolean {
  return isObject(additionalProperties) && Object.keys(additionalProperties).length > 0;
}

function openEnum(schema: Json): void {
  const values = schema["enum"] as unknown[];
  delete schema["enum"];
  schema["x-extensible-enum"] = values;
  const known = values.map((value) => `\`${value}\``).join(", ");
  schema["description"] = `${schema["description"] ?? ""} Known are ${known}; more may come.`
    .trim();
}

function isType(schema: Json, type: string): boolean {
  const { type: own } = schema;
  return Array.isArray(own) ? own.includes(type) : own === type;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
