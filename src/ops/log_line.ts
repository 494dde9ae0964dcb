import type { LogFormat, LogLevel } from "../config/config.ts";
import { LOG_FIELDS, type LogContext, type LogFields } from "./log.ts";

/** The content of a log line. */
export interface LogEntry {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
  readonly context?: LogContext;
}

/** A JWT, or the text behind `Bearer`, in the message of an error of a library. */
const SECRETS = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=\bbearer[ .])[\w.~+/=-]+/gi;
const MAX_TEXT = 2000;
/** More characters than the longest token has; the rest is not searched for secrets. */
const MAX_READ = 100_000;
/** Fields that callers make up are cut to what is enough to recognize them. */
const SHORT: ReadonlySet<keyof LogFields> = new Set(["origin", "host"]);
const MAX_SHORT_TEXT = 200;

/** Writes an entry as one line, its line break included. */
export function formatLine(entry: LogEntry, format: LogFormat): string {
  const fields = readable(entry);
  return format === "json" ? json(entry, fields) : pretty(entry, fields);
}

type Readable = [name: string, value: string | number][];

function readable({ level, fields }: LogEntry): Readable {
  const pairs: Readable = [];
  for (const name of LOG_FIELDS) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    if (name === "error") pairs.push(...describe(value, level));
    else if (typeof value === "number") pairs.push([name, value]);
    else pairs.push([name, clean(String(value), SHORT.has(name) ? MAX_SHORT_TEXT : MAX_TEXT)]);
  }
  return pairs;
}

function describe(error: unknown, level: LogLevel): Readable {
  if (!(error instanceof Error)) return [["error", clean(typeof error)]];
  const pairs: Readable = [["error", clean(error.name)], ["message", clean(error.message)]];
  const { code } = error as { code?: unknown };
  if (typeof code === "string") pairs.push(["errorCode", clean(code)]);
  if (level === "error" && error.stack !== undefined) pairs.push(["stack", clean(error.stack)]);
  if (error.cause instanceof Error) {
    pairs.push(["cause", clean(`${error.cause.name}: ${error.cause.message}`)]);
  }
  return pairs;
}

/** Replaces secrets before it cuts the text, so that no half of a secret is left. */
function clean(text: string, max = MAX_TEXT): string {
  return text.slice(0, MAX_READ).replace(SECRETS, "[secret]").slice(0, max);
}

function json({ time, level, event, context }: LogEntry, fields: Readable): string {
  const start = { time: new Date(time).toISOString(), level, event, ...context };
  return JSON.stringify({ ...start, ...Object.fromEntries(fields) }) + "\n";
}

const COLOURS: Record<LogLevel, string> = {
  debug: "\x1b[2m",
  info: "\x1b[36m",
  warn: "\x1b[33m",
  error: "\x1b[31m",
};

function pretty({ time, level, event, context }: LogEntry, fields: Readable): string {
  const clock = new Date(time).toISOString().slice(11, 23);
  let line = `\x1b[2m${clock}\x1b[0m ${COLOURS[level]}${level.padEnd(5)}\x1b[0m ${event}`;
  // On a terminal the fields matter more than the writer of the line.
  for (const [name, value] of [...fields, ...Object.entries(context ?? {})]) {
    line += ` \x1b[2m${name}=\x1b[0m${quote(value)}`;
  }
  return line + "\n";
}

/** A value as it is, or in quotes if it has white space or other characters that need an escape. */
function quote(value: string | number): string {
  const text = String(value);
  return /^[\x21-\x7e]+$/.test(text) && !text.includes('"') ? text : JSON.stringify(text);
}
