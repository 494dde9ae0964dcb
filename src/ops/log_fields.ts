/**
 * All that a log line can tell besides its event. There is no field for a token, a key or anything of
 * a notification's content, so none can get into the log by mistake; what is not listed here is
 * dropped, whatever the types were made to say.
 */
export interface LogFields {
  /** What failed: its class, code, message and cause are written, its stack at level `error`. */
  readonly error?: unknown;
  readonly requestId?: string | undefined;
  readonly method?: string | undefined;
  readonly route?: string | undefined;
  readonly status?: number | undefined;
  readonly code?: string | number | undefined;
  readonly reason?: string | undefined;
  readonly user?: string | undefined;
  readonly publisher?: string | undefined;
  readonly stream?: string | undefined;
  readonly seq?: number | undefined;
  readonly id?: string | undefined;
  readonly session?: string | undefined;
  /** Another instance than the one that writes the line. */
  readonly peer?: string | undefined;
  /** The id under which the instance was known before. */
  readonly previous?: string | undefined;
  readonly instance?: string | undefined;
  readonly worker?: number | undefined;
  readonly count?: number | undefined;
  readonly bytes?: number | undefined;
  readonly ms?: number | undefined;
  readonly path?: string | undefined;
  readonly url?: string | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly version?: string | undefined;
  readonly mode?: string | undefined;
  readonly signal?: string | undefined;
  /** As a caller has sent it: at most 200 characters of it are written, as for `host`. */
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
  /** What failed in the background. */
  readonly job?: string | undefined;
  /** How many lines of the same kind were left out since the last one. */
  readonly suppressed?: number | undefined;
  /** The name of a variable of the configuration, and never its value. */
  readonly variable?: string | undefined;
  /** How many of each there are. */
  readonly secrets?: number | undefined;
  readonly keys?: number | undefined;
  readonly origins?: number | undefined;
}
