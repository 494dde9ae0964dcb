import type { LogFormat, LogLevel } from "../config/config.ts";
import type { LogFields } from "./log_fields.ts";

/** What a line of the log says. */
export interface LogEntry {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
  readonly context?: LogContext;
}

/** Who writes the lines. */
export interface LogContext {
  /** The id under which the others know the instance; it goes on under another one once they gave it up. */
  instance: string;
  /** Its number, where it is one of several isolates. */
  readonly worker?: number;
}

/** The fields that get into a line: those that `LogFields` names, as the compiler sees to it. */
const FIELDS = Object.keys(
  {
    error: true,
    requestId: true,
    method: true,
    route: true,
    status: true,
    code: true,
    reason: true,
    user: true,
    publisher: true,
    stream: true,
    seq: true,
    id: true,
    session: true,
    instance: true,
    worker: true,
    count: true,
    bytes: true,
    ms: true,
    path: true,
    url: true,
    address: true,
    port: true,
    version: true,
    mode: true,
    signal: true,
    origin: true,
    host: true,
    job: true,
    peer: true,
    previous: true,
    suppressed: true,
    variable: true,
    secrets: true,
    keys: true,
    origins: true,
  } satisfies Record<keyof LogFields, true>,
) as (keyof LogFields)[];

/** A JWT, or what stands behind `Bearer`, that got into the message of a foreign error. */
const SECRETS = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=\bbearer[ .])[\w.~+/=-]+/gi;
const MAX_TEXT = 2000;
/** More than the longest token has; what comes behind is not even looked at. */
const MAX_READ = 100_000;
/** What callers make up needs no more room than it takes to know it again. */
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
  for (const name of FIELDS) {
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

/** Blots out secrets before it cuts, so that no half of one is left. */
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
  // Who writes it is of less interest on a terminal than what it is about.
  for (const [name, value] of [...fields, ...Object.entries(context ?? {})]) {
    line += ` \x1b[2m${name}=\x1b[0m${quote(value)}`;
  }
  return line + "\n";
}

/** A value as it is where it can be, in quotes where white space or an escape would confuse. */
function quote(value: string | number): string {
  const text = String(value);
  return /^[\x21-\x7e]+$/.test(text) && !text.includes('"') ? text : JSON.stringify(text);
}
