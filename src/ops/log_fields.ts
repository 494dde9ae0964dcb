/**
 * All that a log line can tell besides its event. There is no field for a token, a key or anything of
 * a notification's content, so none can get into the log by mistake; what is not listed here is
 * dropped, whatever the types were made to say.
 */
export interface LogFields {
  /** What failed: its class, code and message are written, its stack at level `error`. */
  readonly error?: unknown;
  readonly requestId?: string;
  readonly method?: string;
  readonly route?: string;
  readonly status?: number;
  readonly code?: string | number;
  readonly reason?: string;
  readonly user?: string;
  readonly publisher?: string;
  readonly stream?: string;
  readonly seq?: number;
  readonly id?: string;
  readonly session?: string;
  readonly instance?: string;
  readonly count?: number;
  readonly bytes?: number;
  readonly ms?: number;
  readonly path?: string;
  readonly url?: string;
  readonly address?: string;
  readonly port?: number;
  readonly version?: string;
  readonly mode?: string;
  readonly signal?: string;
}
