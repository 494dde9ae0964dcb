import assert from "node:assert/strict";
import type { LogFields } from "../../src/ops/log.ts";
import { type ByteSink, createLineWriter } from "../../src/ops/line_writer.ts";
import { startLogging } from "../../src/ops/logging.ts";

/** Keeps what is written; while `open` is a promise, writing waits for it. */
class Memory implements ByteSink {
  text = "";
  open: Promise<void> | undefined;
  async write(bytes: Uint8Array): Promise<number> {
    await this.open;
    const part = bytes.subarray(0, 700);
    this.text += new TextDecoder().decode(part);
    return part.length;
  }
}

function logTo(format: "pretty" | "json", level: "debug" | "info" | "warn" | "error" = "info") {
  const out = new Memory();
  const err = new Memory();
  return { out, err, ...startLogging({ format, level, out, err }) };
}

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";

Deno.test("a line is one JSON object with time, level, event and fields", async () => {
  const { log, out, flush } = logTo("json");
  const before = Date.now();
  log.info("server.listening", { port: 8000, mode: "dev", user: undefined });
  await flush();
  const { time, instance, ...line } = JSON.parse(out.text);
  assert.match(instance, /^[0-9a-f-]{36}$/);
  assert(Date.parse(time) >= before && Date.parse(time) <= Date.now());
  assert.deepEqual(line, { level: "info", event: "server.listening", mode: "dev", port: 8000 });
  assert(out.text.endsWith("}\n"));
});

Deno.test("a line names the instance as it is known now, and the worker where there are several", async () => {
  for (const format of ["json", "pretty"] as const) {
    const out = new Memory();
    const { log, flush } = startLogging({ format, level: "info", worker: 1, out, err: out });
    log.info("a.b");
    const first = log.context?.instance ?? "";
    if (log.context !== undefined) log.context.instance = "another";
    log.info("c.d", { peer: first });
    await flush();
    const [one = "", two = ""] = out.text.split("\n");
    assert(one.includes(first) && first.length === 36, format);
    assert(two.includes("another") && two.includes("worker"), format);
  }
});

Deno.test("what callers make up takes little room, and no half of a secret is left where it is cut", async () => {
  const { log, out, flush } = logTo("json");
  const long = `eyJ${"a".repeat(150)}.${"b".repeat(150)}.c`;
  log.info("a.b", { origin: "o".repeat(3_000), host: `${"h".repeat(100)} ${long}` });
  await flush();
  const { origin, host } = JSON.parse(out.text);
  assert.equal(origin, "o".repeat(200));
  assert.equal(host, `${"h".repeat(100)} [secret]`);
});

Deno.test("an event is one line, whatever is in its fields, in both formats", async () => {
  for (const format of ["json", "pretty"] as const) {
    const { log, out, err, flush } = logTo(format);
    log.info("a.b", { reason: 'line\nline\r\n\x1b[31mred "quoted"\u2028' });
    log.error("c.d", { error: new Error("two\nlines") });
    await flush();
    for (const { text } of [out, err]) {
      assert.deepEqual(text.match(/[\n\r]/g), ["\n"], format);
      assert(!text.includes("\x1b[31mred"));
    }
  }
});

Deno.test("only what the level asks for is written; warnings and errors to standard error", async () => {
  const written = async (level: "debug" | "info" | "warn" | "error") => {
    const { log, out, err, flush } = logTo("json", level);
    log.debug("d");
    log.info("i");
    log.warn("w");
    log.error("e");
    await flush();
    const events = ({ text }: Memory) => [...text.matchAll(/"event":"(.)"/g)].map(([, e]) => e);
    return [events(out).join(""), events(err).join("")];
  };
  assert.deepEqual(await written("debug"), ["di", "we"]);
  assert.deepEqual(await written("info"), ["i", "we"]);
  assert.deepEqual(await written("warn"), ["", "we"]);
  assert.deepEqual(await written("error"), ["", "e"]);
});

Deno.test("fields that are not foreseen are not written", async () => {
  for (const format of ["json", "pretty"] as const) {
    const { log, out, flush } = logTo(format);
    const fields = { user: "ada", token: "hunter2", title: "hunter2", body: "hunter2" };
    log.info("a.b", fields as LogFields);
    await flush();
    assert.match(out.text, /ada/);
    assert.doesNotMatch(out.text, /hunter2/);
  }
});

Deno.test("a token that got into a foreign error is blotted out", async () => {
  const { log, err, flush } = logTo("json");
  log.error("a.b", {
    error: new Error(`can't use ${JWT}`, { cause: new TypeError(`Bearer s3cret-key of ${JWT}`) }),
    reason: `bearer.${JWT}`,
  });
  await flush();
  assert.doesNotMatch(err.text, /eyJ|s3cret-key|c2lnbmF0dXJl/);
  const { error, message, reason, cause } = JSON.parse(err.text);
  assert.equal(error, "Error");
  assert.equal(message, "can't use [secret]");
  assert.equal(cause, "TypeError: Bearer [secret] of [secret]");
  assert.equal(reason, "bearer.[secret]");
});

Deno.test("an error tells class, code and message, and where it came from at level error", async () => {
  const { log, err, flush } = logTo("json");
  const error = Object.assign(new RangeError("too far"), { code: "out_of_range" });
  log.warn("a.b", { error });
  log.error("c.d", { error });
  log.error("e.f", { error: "a string that was thrown" });
  await flush();
  const [warned, failed, thrown] = err.text.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    [warned.error, warned.message, warned.errorCode, warned.stack],
    ["RangeError", "too far", "out_of_range", undefined],
  );
  assert.match(failed.stack, /logging_test/);
  assert.equal(thrown.error, "string");
});

Deno.test("a reader that stalls costs lines, which are counted, and never memory without bound", async () => {
  const sink = new Memory();
  const stalled = Promise.withResolvers<void>();
  sink.open = stalled.promise;
  const writer = createLineWriter(sink, { dropped: (n) => `${n} missing\n`, maxWaiting: 100 });
  writer.write("first\n");
  await Promise.resolve();
  for (let i = 0; i < 50; i++) writer.write("123456789\n");
  stalled.resolve();
  await writer.flush();
  const lines = sink.text.trim().split("\n");
  const missing = lines.filter((line) => line.endsWith("missing")).map((line) => parseInt(line));
  assert.equal(lines.filter((line) => line === "123456789").length + (missing[0] ?? 0), 50);
  assert.equal(missing.length, 1);
  assert.equal(lines[0], "first");

  writer.write("and on\n");
  await writer.flush();
  assert(sink.text.endsWith("and on\n"));
});

Deno.test("a reader that is gone does not stop the service", async () => {
  const writer = createLineWriter(
    { write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")) },
    { dropped: () => "" },
  );
  writer.write("a\n");
  await writer.flush();
  writer.write("b\n");
  await writer.flush();
});
