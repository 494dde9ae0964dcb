import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../../src/store/codec/bytes.ts";

/** What writing texts one after the other and reading them again comes to. */
function written(texts: readonly string[]): string[] {
  const writer = new ByteWriter();
  for (const text of texts) writer.string(text);
  const reader = new ByteReader(writer.finish());
  const read = texts.map(() => reader.string());
  reader.end();
  return read;
}

Deno.test("texts are read as they were written: short and long, ASCII or not, and with a byte order mark", () => {
  const texts = ["", "ada", "x".repeat(127), "x".repeat(128), "x".repeat(5_000)];
  const others = ["é", "🚀", "\ufeff", "\ufeffada", `${"x".repeat(126)}é`, "é".repeat(3_000)];
  for (const text of [...texts, ...others]) assert.deepEqual(written([text]), [text]);
  assert.deepEqual(written([...others, ...texts]), [...others, ...texts]);
});
