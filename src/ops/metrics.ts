/** Labels of one series. Each label needs to have few values, since each value makes a series. */
export type Labels = Readonly<Record<string, string | number>>;

/** Counts up. */
export interface Counter {
  add(amount?: number): void;
}

/** Counts up, in one series for each set of labels. */
export interface LabelledCounter {
  add(amount: number, labels: Labels): void;
  /** Creates the missing series at 0. */
  expect(known: Iterable<Labels>): void;
}

/** Counts observed values in buckets. */
export interface Histogram {
  observe(value: number): void;
}

/** Counts observed values in buckets, in one series for each set of labels. */
export interface LabelledHistogram {
  observe(value: number, labels: Labels): void;
  /** Creates the missing series at 0. */
  expect(known: Iterable<Labels>): void;
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

  /**
   * @param name ends in `_total`
   * @param known the labels that are known from the start. Their series begin at 0: to Prometheus, a
   * series that appears with its first value has not risen, so that no alert would fire at the first
   * occurrence. A metric with labels has no series without.
   */
  counter(name: string, help: string): Counter;
  counter(name: string, help: string, known: Iterable<Labels>): LabelledCounter;
  counter(name: string, help: string, known?: Iterable<Labels>): Counter & LabelledCounter {
    const series = new Series(() => ({ value: 0 }), known);
    this.#register({
      name,
      help,
      type: "counter",
      lines: () => series.lines((key, { value }) => `${name}${braces(key)} ${value}\n`),
    });
    return {
      add: (amount = 1, labels?: Labels) => void (series.of(labels).value += amount),
      expect: (known) => series.expect(known),
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

  /**
   * @param options `buckets`: upper bounds, rising; those for seconds unless told. `known`: as of
   * {@link counter}
   */
  histogram(name: string, help: string, options?: { buckets?: readonly number[] }): Histogram;
  histogram(
    name: string,
    help: string,
    options: { buckets?: readonly number[]; known: Iterable<Labels> },
  ): LabelledHistogram;
  histogram(
    name: string,
    help: string,
    { buckets = SECONDS_BUCKETS, known }: {
      buckets?: readonly number[];
      known?: Iterable<Labels>;
    } = {},
  ): Histogram & LabelledHistogram {
    const make = () => ({ counts: new Float64Array(buckets.length + 1), sum: 0 });
    const series = new Series(make, known);
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
      expect: (known) => series.expect(known),
      observe(value: number, labels?: Labels) {
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

/** The cells of a metric by their labels, or the one cell of a metric without. */
class Series<Cell> {
  readonly #cells = new Map<string, Cell>();
  /** Callers that keep their labels need not have them written out each time. */
  readonly #kept = new WeakMap<Labels, Cell>();
  readonly #make: () => Cell;
  readonly #bare: Cell | undefined;

  /** @param known labels of the first series; undefined where the metric has no labels */
  constructor(make: () => Cell, known: Iterable<Labels> | undefined) {
    this.#make = make;
    if (known === undefined) this.#bare = this.#add("");
    else this.expect(known);
  }

  of(labels: Labels | undefined): Cell {
    if (labels === undefined) {
      // The types exclude this.
      if (this.#bare === undefined) throw new TypeError("Each series of this metric has labels");
      return this.#bare;
    }
    let cell = this.#kept.get(labels);
    if (cell === undefined) {
      const key = format(labels);
      cell = this.#cells.get(key) ?? this.#add(key);
      this.#kept.set(labels, cell);
    }
    return cell;
  }

  expect(known: Iterable<Labels>): void {
    for (const labels of known) this.of(labels);
  }

  lines(write: (key: string, cell: Cell) => string): string {
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
