import type { LogFields } from "./log_fields.ts";
import type { LogContext } from "./log_line.ts";

/**
 * Where the service says what happens: one line an event.
 *
 * An event is a constant in the form `thing.happened`, never a sentence put together from values:
 * values go into the fields, and only those that `LogFields` names are written.
 */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** What each line says of who writes it, as it is now. */
  readonly context?: LogContext;
}
