import { configureSync, getLogger, type LogRecord } from "@logtape/logtape";
import type { LogFormat, LogLevel } from "../config/config.ts";
import type { Log, LogContext, LogFields } from "./log.ts";
import { formatLine } from "./log_line.ts";
import { createNewId } from "../encoding/uuid_v7.ts";
import { type ByteSink, createLineWriter } from "./line_writer.ts";

/** The log of the process. */
export interface Logging {
  readonly log: Log;
  /** Resolves when all lines so far are written. Await it before the process ends. */
  flush(): Promise<void>;
}

const LEVELS: Record<LogRecord["level"], LogLevel> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  fatal: "error",
};

/**
 * Starts logging for the whole isolate. Levels `warn` and `error` go to standard error, the others to
 * standard output.
 *
 * @param options `format` and `level` as configured; `worker`: the number of this worker; `out`, `err`:
 * sinks in place of standard output and standard error
 */
export function startLogging(
  { format, level, worker, out = Deno.stdout, err = Deno.stderr }: {
    format: LogFormat;
    level: LogLevel;
    worker?: number;
    out?: ByteSink;
    err?: ByteSink;
  },
): Logging {
  const context: LogContext = {
    instance: createNewId()(),
    ...(worker === undefined ? {} : { worker }),
  };
  const dropped = (count: number) =>
    formatLine(
      { time: Date.now(), level: "warn", event: "log.dropped", fields: { count }, context },
      format,
    );
  const normal = createLineWriter(out, { dropped });
  const urgent = createLineWriter(err, { dropped });

  configureSync({
    reset: true,
    sinks: {
      lines({ timestamp, level: grade, rawMessage, properties }) {
        const level = LEVELS[grade];
        const line = formatLine(
          {
            time: timestamp,
            level,
            event: String(rawMessage),
            fields: properties as LogFields,
            context,
          },
          format,
        );
        (level === "warn" || level === "error" ? urgent : normal).write(line);
      },
    },
    loggers: [
      {
        category: "bellwire",
        sinks: ["lines"],
        lowestLevel: level === "warn" ? "warning" : level,
      },
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "error" },
    ],
  });

  const logger = getLogger("bellwire");
  return {
    log: {
      debug: (event, fields) => logger.debug(event, { ...fields }),
      info: (event, fields) => logger.info(event, { ...fields }),
      warn: (event, fields) => logger.warn(event, { ...fields }),
      error: (event, fields) => logger.error(event, { ...fields }),
      context,
    },
    flush: async () => {
      await Promise.all([normal.flush(), urgent.flush()]);
    },
  };
}
