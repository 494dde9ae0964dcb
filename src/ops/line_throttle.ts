import type { Clock, Timer } from "../clock.ts";
import type { Log, LogFields } from "./log.ts";

type Level = "info" | "warn";

interface Kind {
  readonly level: Level;
  readonly fields: LogFields;
  /** When the next line may be written, on the monotonic clock. */
  quietUntil: number;
  /** Lines that were left out since the last one. */
  suppressed: number;
}

/** Lines of one kind are at least so many milliseconds apart. */
const QUIET_MS = 60_000;
/** How many kinds of one event are told apart: callers can make up the fields of a kind. */
const KINDS_MAX = 20;

/**
 * Limits log lines that callers can cause at will, such as refused logins: the first line of a kind is
 * written at once, then at most one a minute, with the number of left-out lines in `suppressed`. If no
 * more come, a last line has that number.
 *
 * A kind is an event with some fields. Memory is bounded: above {@link KINDS_MAX} kinds of an event, all
 * others share one kind without fields.
 *
 * @example
 * ```ts
 * lines.say("warn", "login.refused", { code: "unauthorized" }, { detail: () => ({ requestId }) });
 * ```
 */
export class LineThrottle {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #events = new Map<string, Map<string, Kind>>();
  #timer: Timer | undefined;

  constructor({ log, clock }: { log: Log; clock: Clock }) {
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * @param event a constant, as for {@link Log}
   * @param fields the fields that make up the kind
   * @param options `detail`: returns more fields, and is called only if a line is written; `others`: how
   * many lines of the kind the caller has left out itself
   */
  say(
    level: Level,
    event: string,
    fields: LogFields,
    { detail, others = 0 }: { detail?: () => LogFields; others?: number } = {},
  ): void {
    const now = this.#clock.monotonic();
    const kind = this.#kindOf(event, { level, fields, now });
    kind.suppressed += others;
    if (now < kind.quietUntil) {
      kind.suppressed++;
      this.#timer ??= this.#clock.after(QUIET_MS, () => this.#sum());
      return;
    }
    this.#write(event, kind, detail?.());
  }

  /** Writes a line for each kind with left-out lines, and stops the timer. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const [event, kinds] of this.#events) {
      for (const kind of kinds.values()) {
        if (kind.suppressed > 0) this.#write(event, kind);
      }
    }
  }

  #kindOf(
    event: string,
    { level, fields, now }: { level: Level; fields: LogFields; now: number },
  ): Kind {
    let kinds = this.#events.get(event);
    if (kinds === undefined) this.#events.set(event, kinds = new Map());
    let name = Object.values(fields).join("\n");
    let kind = kinds.get(name);
    if (kind !== undefined) return kind;
    if (kinds.size >= KINDS_MAX) dropQuiet(kinds, now);
    const isOneMore = kinds.size >= KINDS_MAX;
    if (isOneMore) {
      name = "";
      kind = kinds.get(name);
      if (kind !== undefined) return kind;
    }
    kind = { level, fields: isOneMore ? {} : fields, quietUntil: -Infinity, suppressed: 0 };
    kinds.set(name, kind);
    return kind;
  }

  #write(event: string, kind: Kind, detail?: LogFields): void {
    const { level, fields, suppressed } = kind;
    kind.quietUntil = this.#clock.monotonic() + QUIET_MS;
    kind.suppressed = 0;
    this.#log[level](event, {
      ...detail,
      ...fields,
      ...(suppressed === 0 ? {} : { suppressed }),
    });
  }

  /** Writes the numbers of left-out lines that are due, and runs again while any are left. */
  #sum(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    let isLeft = false;
    for (const [event, kinds] of this.#events) {
      for (const kind of kinds.values()) {
        if (kind.suppressed === 0) continue;
        if (now >= kind.quietUntil) this.#write(event, kind);
        else isLeft = true;
      }
      dropQuiet(kinds, now);
      if (kinds.size === 0) this.#events.delete(event);
    }
    if (isLeft) this.#timer = this.#clock.after(QUIET_MS, () => this.#sum());
  }
}

/** Drops kinds that have no left-out lines. */
function dropQuiet(kinds: Map<string, Kind>, now: number): void {
  for (const [name, { quietUntil, suppressed }] of kinds) {
    if (suppressed === 0 && now >= quietUntil) kinds.delete(name);
  }
}
