/** Labels of one series; of few values each, or the series never end. */
export type Labels = Readonly<Record<string, string | number>>;

/** Counts up. */
export interface Counter {
  /** Adds to the series with these labels; one without labels if none are given. */
  add(amount?: number, labels?: Labels): void;
}

/** Counts values by size. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** From a tenth of a millisecond to ten seconds. */
export const SECONDS_BUCKETS: readonly number[] = [
  0.0001,
  0.00025,
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
];

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  lines(): string;
}

/**
 * The metrics of one instance, written in Prometheus' text format, version 0.0.4. Made here because
 * what exists on npm brings timers and Node internals for what is a page of code.
 *
 * @example
 * ```ts
 * const metrics = new Metrics();
 * const published = metrics.counter("bellwire_published_total", "Notifications published");
 * published.add();
 * metrics.text(); // "# HELP bellwire_published_total …"
 * ```
 */
export class Metrics {
  readonly #metrics = new Map<string, Metric>();

  /** @param name ends in `_total` */
  counter(name: string, help: string): Counter {
    const series = new Series(() => ({ value: 0 }));
    this.#register({
      name,
      help,
      type: "counter",
      lines: () => series.lines((key, { value }) => `${name}${braces(key)} ${value}\n`),
    });
    return {
      add: (amount = 1, labels) => void (series.of(labels).value += amount),
    };
  }

  /**
   * @param read is asked whenever the metrics are
   * @param labels of its one series
   */
  gauge(name: string, help: string, read: () => number, labels: Labels = {}): void {
    const series = name + braces(format(labels));
    this.#register({ name, help, type: "gauge", lines: () => `${series} ${read()}\n` });
  }

  /** @param options `buckets`: upper bounds, rising; those for seconds unless told */
  histogram(
    name: string,
    help: string,
    { buckets = SECONDS_BUCKETS }: { buckets?: readonly number[] } = {},
  ): Histogram {
    const series = new Series(() => ({ counts: new Float64Array(buckets.length + 1), sum: 0 }));
    this.#register({
      name,
      help,
      type: "histogram",
      lines: () =>
        series.lines((key, { counts, sum }) => {
          const label = (bound: string) => braces(`${key}${key && ","}le="${bound}"`);
          let total = 0;
          let lines = "";
          buckets.forEach((bound, i) => {
            total += counts[i] ?? 0;
            lines += `${name}_bucket${label(String(bound))} ${total}\n`;
          });
          total += counts[buckets.length] ?? 0;
          return lines + `${name}_bucket${label("+Inf")} ${total}\n` +
            `${name}_sum${braces(key)} ${sum}\n${name}_count${braces(key)} ${total}\n`;
        }),
    });
    return {
      observe(value, labels) {
        const cell = series.of(labels);
        let i = 0;
        while (i < buckets.length && value > (buckets[i] ?? Infinity)) i++;
        cell.counts[i] = (cell.counts[i] ?? 0) + 1;
        cell.sum += value;
      },
    };
  }

  /** All metrics as text. */
  text(): string {
    let text = "";
    for (const { name, help, type, lines } of this.#metrics.values()) {
      text += `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n` +
        `# TYPE ${name} ${type}\n${lines()}`;
    }
    return text;
  }

  #register(metric: Metric): void {
    if (!/^bellwire_[a-z0-9_]+$/.test(metric.name)) throw new TypeError(`Bad name: ${metric.name}`);
    if (this.#metrics.has(metric.name)) throw new TypeError(`Registered twice: ${metric.name}`);
    this.#metrics.set(metric.name, metric);
  }
}

/** The cells of a metric by their labels. */
class Series<Cell> {
  readonly #cells = new Map<string, Cell>();
  /** Callers that keep their labels need not have them written out each time. */
  readonly #kept = new WeakMap<Labels, Cell>();
  readonly #make: () => Cell;
  #bare: Cell | undefined;

  constructor(make: () => Cell) {
    this.#make = make;
  }

  of(labels: Labels | undefined): Cell {
    if (labels === undefined) return this.#bare ??= this.#add("");
    let cell = this.#kept.get(labels);
    if (cell === undefined) {
      const key = format(labels);
      cell = this.#cells.get(key) ?? this.#add(key);
      this.#kept.set(labels, cell);
    }
    return cell;
  }

  lines(write: (key: string, cell: Cell) => string): string {
    // A series that is there from the start at zero shows its first event as a rise.
    if (this.#cells.size === 0) this.of(undefined);
    let lines = "";
    for (const [key, cell] of this.#cells) lines += write(key, cell);
    return lines;
  }

  #add(key: string): Cell {
    const cell = this.#make();
    this.#cells.set(key, cell);
    return cell;
  }
}

function format(labels: Labels): string {
  let text = "";
  for (const [name, value] of Object.entries(labels)) {
    if (text !== "") text += ",";
    text += `${name}="${escape(String(value))}"`;
  }
  return text;
}

function escape(value: string): string {
  return /["\\\n]/.test(value)
    ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
    : value;
}

function braces(key: string): string {
  return key === "" ? "" : `{${key}}`;
}
