const STEPS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ["minute", 60],
  ["hour", 3600],
  ["day", 86_400],
];
const DAYS_TOLD = 7;

/** Tells times in one language; making a formatter costs much more than using it. */
export class Times {
  readonly #relative: Intl.RelativeTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;
  readonly #justNow: string;

  /** @param lang a language of the browser; another one is told in the browser's own */
  constructor(lang: string, justNow: string) {
    const locale = isLanguage(lang) ? lang : undefined;
    this.#justNow = justNow;
    this.#relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
    this.#date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
    this.#full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });
  }

  /** How long ago; after a week the date. @param now milliseconds since 1970 */
  short(rfc3339: string, now: number): string {
    const time = Date.parse(rfc3339);
    // The clocks of two machines differ.
    const seconds = Math.max(0, (now - time) / 1000);
    if (seconds < 60) return this.#justNow;
    if (seconds >= DAYS_TOLD * 86_400) return this.#date.format(time);
    const [unit, length] = STEPS.findLast(([, length]) => seconds >= length) ?? ["minute", 60];
    return this.#relative.format(-Math.floor(seconds / length), unit);
  }

  /** Day and time, to be shown on hovering. */
  full(rfc3339: string): string {
    return this.#full.format(Date.parse(rfc3339));
  }
}

function isLanguage(lang: string): boolean {
  try {
    return Intl.getCanonicalLocales(lang).length > 0;
  } catch {
    return false;
  }
}
