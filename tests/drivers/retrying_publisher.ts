import { pause, systemClock } from "../../src/clock.ts";
import { within } from "./deadline.ts";
import type { Published, Service } from "./service.ts";

/** A publish that was answered 201, maybe after several tries. */
export interface Receipt extends Published {
  /** When it was sent first, and when the answer came; milliseconds of one monotonic clock. */
  readonly sent: number;
  readonly answered: number;
}

export interface PublisherOptions {
  readonly users: readonly string[];
  readonly perSecond: number;
}

/** One answer, or what was there instead of one. */
interface Attempt {
  readonly status: number | "cut";
  readonly text: string;
  readonly retryAfterMs: number;
}

const TICK_MS = 10;
/** With so many calls under way it waits, as any service has only so many hands. */
const UNDERWAY_MAX = 500;
const ATTEMPT_MS = 5_000;
/** Besides 5xx: the first call still runs, or there were too many. */
const TRY_AGAIN = [409, 429];
/** Back-off between the attempts of a call: at least half of this, doubled with each, up to … */
const BACK_OFF_MS = 200;
const BACK_OFF_MAX_MS = 5_000;
/** An instance that did not answer is left alone for so long. */
const SHUN_MS = 1_000;
/** Each so many-th publish goes to several users at once: more than one commit of a server holds. */
const MANY_EVERY = 50;
const MANY = 12;
/** Long enough for the lease of a dead instance to end, whose unfinished calls others then finish. */
const FINISH_MS = 60_000;

/**
 * A service that publishes at a steady pace, as far as it gets answers, and as the protocol tells it to:
 * where the outcome of a call is not known it repeats it with the same `Idempotency-Key`, at another
 * instance, until it is acknowledged. So in the end everything that it published was.
 */
export class RetryingPublisher {
  readonly receipts: Receipt[] = [];
  /** How many attempts came to what: a status, or a connection that was cut. */
  readonly attempts = new Map<number | "cut", number>();
  /** How many attempts were refused with which `code` of a problem. */
  readonly refusals = new Map<string, number>();
  readonly #instances: readonly Service[];
  readonly #options: PublisherOptions;
  readonly #client = Deno.createHttpClient({ poolMaxIdlePerHost: 100 });
  readonly #underway = new Set<Promise<void>>();
  readonly #shunned = new Map<Service, number>();
  readonly #began = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  #published = 0;
  #turn = 0;
  #failure: unknown;

  /** Begins at once. */
  constructor(instances: readonly Service[], options: PublisherOptions) {
    this.#instances = instances;
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** How many calls were made, repeats aside. */
  get published(): number {
    return this.#published;
  }

  /** Waits until so many more are acknowledged than there are now. */
  async acknowledges(more: number): Promise<void> {
    const enough = this.receipts.length + more;
    await within(this.#until(enough), () => `${enough} acknowledged, of ${this}`, FINISH_MS);
  }

  /** Stops, and waits until everything that was begun is acknowledged. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    try {
      await within(
        (async () => {
          while (this.#underway.size > 0) await Promise.all(this.#underway);
        })(),
        () => `the last acknowledgements of ${this}`,
        FINISH_MS,
      );
    } finally {
      this.#client.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  toString(): string {
    const all: [number | string, number][] = [...this.attempts, ...this.refusals];
    const attempts = all.map(([what, count]) => `${count} × ${what}`);
    return `${this.#published} published, ${this.receipts.length} acknowledged ` +
      `(attempts: ${attempts.join(", ")})`;
  }

  async #until(enough: number): Promise<void> {
    while (this.receipts.length < enough) {
      if (this.#failure !== undefined) throw this.#failure;
      await pause(systemClock, TICK_MS);
    }
  }

  #tick(): void {
    const due = (performance.now() - this.#began) * this.#options.perSecond / 1_000;
    while (this.#published < due && this.#underway.size < UNDERWAY_MAX) {
      const call = this.#publish(this.#published++)
        .catch((error) => void (this.#failure ??= error))
        .finally(() => this.#underway.delete(call));
      this.#underway.add(call);
    }
  }

  async #publish(number: number): Promise<void> {
    const body = JSON.stringify({ to: this.#recipients(number), title: `Number ${number}` });
    const key = crypto.randomUUID();
    const sent = performance.now();
    for (let backOff = BACK_OFF_MS;; backOff = Math.min(2 * backOff, BACK_OFF_MAX_MS)) {
      const { status, text, retryAfterMs } = await this.#attempt(this.#instance(), body, key);
      this.attempts.set(status, (this.attempts.get(status) ?? 0) + 1);
      if (status === 201) {
        const { id, deliveries }: Published = JSON.parse(text);
        this.receipts.push({ id, deliveries, sent, answered: performance.now() });
        return;
      }
      if (status !== "cut") {
        const { code }: { code?: string } = JSON.parse(text);
        this.refusals.set(String(code), (this.refusals.get(String(code)) ?? 0) + 1);
      }
      if (typeof status === "number" && status < 500 && !TRY_AGAIN.includes(status)) {
        throw new Error(`A publish was answered ${status}: ${text}`);
      }
      const jittered = backOff * (0.5 + Math.random() / 2);
      await pause(systemClock, retryAfterMs + jittered);
    }
  }

  #recipients(number: number): Record<string, unknown> {
    const { users } = this.#options;
    const at = (i: number) => users[(number + i) % users.length] as string;
    if (number % MANY_EVERY !== 0) return { user: at(0) };
    return { users: Array.from({ length: Math.min(MANY, users.length) }, (_, i) => at(i)) };
  }

  /** One after the other, without those that have just failed where there are others. */
  #instance(): Service {
    const now = performance.now();
    const willing = this.#instances.filter((one) => (this.#shunned.get(one) ?? 0) < now);
    const choice = willing.length > 0 ? willing : this.#instances;
    return choice[this.#turn++ % choice.length] as Service;
  }

  async #attempt(service: Service, body: string, key: string): Promise<Attempt> {
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(), ATTEMPT_MS);
    try {
      const answer = await fetch(`${service.url}/v1/notifications`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${service.key}`,
          "content-type": "application/json",
          "idempotency-key": key,
        },
        body,
        client: this.#client,
        signal: given.signal,
      });
      const retryAfterMs = Number(answer.headers.get("retry-after") ?? 0) * 1_000;
      return { status: answer.status, text: await answer.text(), retryAfterMs };
    } catch (error) {
      this.#shunned.set(service, performance.now() + SHUN_MS);
      return { status: "cut", text: String(error), retryAfterMs: 0 };
    } finally {
      clearTimeout(timer);
    }
  }
}
