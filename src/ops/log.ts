/**
 * The fields that a log line can have besides its event. No field takes a token, a key or the content of
 * a notification, so none gets into the log by mistake: other fields are dropped.
 */
export const LOG_FIELDS = [
  /** An error: its class, code, message and cause are written, its stack at level `error`. */
  "error",
  "requestId",
  "method",
  "route",
  "status",
  "code",
  "reason",
  "user",
  "publisher",
  "stream",
  "seq",
  "id",
  "session",
  "instance",
  "worker",
  "count",
  "bytes",
  "ms",
  "path",
  "url",
  "address",
  "port",
  "version",
  "mode",
  "signal",
  /** As the caller has sent it: at most 200 characters are written, as of `host`. */
  "origin",
  "host",
  /** The work in the background that failed. */
  "job",
  /** Another instance than the one that writes the line. */
  "peer",
  /** The id of this instance before it rejoined. */
  "previous",
  /** How many lines of the same kind were left out since the last one. */
  "suppressed",
  /** The name of a variable of the configuration, never its value. */
  "variable",
  /** The number of secrets, of API keys and of allowed origins. */
  "secrets",
  "keys",
  "origins",
] as const;

/** The fields of one line. */
export type LogFields =
  & {
    readonly [Field in Exclude<typeof LOG_FIELDS[number], "error">]?: string | number | undefined;
  }
  & { readonly error?: unknown };

/** The writer of the lines. */
export interface LogContext {
  /** The id under which the other instances know this one; it changes when the instance rejoins. */
  instance: string;
  /** The worker's number, if the instance is one of several workers. */
  readonly worker?: number;
}

/**
 * The log: one line for each event.
 *
 * An event is a constant of the form `thing.happened`, never a sentence with values in it: values go
 * into the fields.
 */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** The context of all lines. */
  readonly context?: LogContext;
}
