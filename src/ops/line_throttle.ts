import type { Clock, Timer } from "../clock.ts";
import type { Log } from "./log.ts";
import type { LogFields } from "./log_fields.ts";

type Level = "info" | "warn";

interface Kind {
  readonly level: Level;
  readonly fields: LogFields;
  /** When the next line may be written, on the monotonic clock. */
  quietUntil: number;
  /** What was left out since the last line. */
  suppressed: number;
}

/** The same line is written at most once in so many milliseconds. */
const QUIET_MS = 60_000;
/** Of one event so many kinds are told apart; callers may make up what a kind is named by. */
const KINDS_MAX = 20;

/**
 * Writes lines about what callers can make happen as often as they like, such as refused logins: the
 * first of a kind at once, then at most one a minute, with the number of those that were left out in
 * `suppressed`. Where no more come, a last line tells that number.
 *
 * A kind is an event and some fields. Memory is bounded: an event has a few kinds, and what is beyond
 * is one more kind, without the fields.
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
   * @param fields what makes it another kind
   * @param options `detail`: more fields, asked for only where a line is written; `others`: how many of
   * the kind the caller has left out itself
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

  /** Writes what is still to be told, and stops its timer. */
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

  /** Tells of what was left out by now, and looks again as long as there is more. */
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

/** Forgets kinds of which nothing is to be told any more. */
function dropQuiet(kinds: Map<string, Kind>, now: number): void {
  for (const [name, { quietUntil, suppressed }] of kinds) {
    if (suppressed === 0 && now >= quietUntil) kinds.delete(name);
  }
}
