import type { StreamName } from "../../../src/domain/stream_name.ts";
import type { Published } from "../../../src/store/publish/publication.ts";
import { InstanceGone } from "./gateway_instance.ts";
import type { GatewayWorld } from "./gateway_world.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { hasCode } from "../../../src/errors.ts";

/** A notification that somebody meant to publish. */
export interface Attempt {
  /** Its title, which no other one has. */
  readonly title: string;
  readonly streams: readonly StreamName[];
  /** When it was first sent, among all that was sent and answered. */
  readonly begun: number;
  /** What was answered with success, and when the first answer came. */
  readonly answers: Published[];
  answered: number;
  /** Whether it was answered with success, be it without saying where it went. */
  acknowledged: boolean;
  /** Somebody wanted it back, or its time may have been over, so that it need not have been sent. */
  mayBeMissing: boolean;
  /** It was not to be sent at once. */
  readonly later: boolean;
  /** Under an idempotency key, so that it is repeated until it is answered. */
  readonly repeats: boolean;
}

/** How long a publisher waits for an answer, and before it tries again, at least. */
const PATIENCE_MS = 4_000;
const AGAIN_MS = 200;

/** Publishers of a world that remember what they were promised. */
export class SimulatedPublishers {
  readonly attempts: Attempt[] = [];
  readonly #world: GatewayWorld;
  readonly #random: SeededRandom;
  #moments = 0;
  /** Calls that are waited for, or will be repeated until they are answered. */
  #unanswered = 0;

  constructor(world: GatewayWorld, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  get areBusy(): boolean {
    return this.#unanswered > 0;
  }

  /** Publishes once, however it ends. */
  publish(
    streams: readonly StreamName[],
    fields: Record<string, unknown>,
    { instance, laterMs }: { instance: number; laterMs?: number | undefined },
  ): void {
    const attempt = this.begin(streams, { later: laterMs !== undefined });
    attempt.mayBeMissing = laterMs !== undefined && "ttl" in fields;
    this.#unanswered++;
    const { title } = attempt;
    this.#world.publishTo(streams, { ...fields, title }, { instance, laterMs }).then(
      (published) => this.#note(attempt, published),
      (error) => this.#judge(error, attempt),
    ).finally(() => this.#unanswered--);
  }

  /** Takes back the nth newest that was answered, if there is one; however it ends. */
  recall(nth: number, instance: number): void {
    const answered = this.attempts.filter(({ answers }) => answers.length > 0);
    const attempt = answered.at(-1 - nth);
    const id = attempt?.answers[0]?.id;
    if (attempt === undefined || id === undefined) return;
    attempt.mayBeMissing = true;
    this.#unanswered++;
    this.#world.call(instance, ({ store: { notifications } }) => notifications.recall(id))
      // As with keys: what the KV throws while it is read is passed on.
      .catch((error) => this.#world.isRough || this.#judge(error, attempt))
      .finally(() => this.#unanswered--);
  }

  /** Somebody is about to publish something, under the title of the attempt. */
  begin(
    streams: readonly StreamName[],
    { repeats = false, later = false }: { repeats?: boolean; later?: boolean } = {},
  ): Attempt {
    const attempt: Attempt = {
      title: `No. ${this.attempts.length + 1}`,
      streams,
      begun: ++this.#moments,
      answers: [],
      answered: Infinity,
      acknowledged: false,
      mayBeMissing: false,
      later,
      repeats,
    };
    this.attempts.push(attempt);
    return attempt;
  }

  /** It was answered with success. */
  acknowledge(attempt: Attempt): void {
    attempt.acknowledged = true;
    attempt.answered = Math.min(attempt.answered, ++this.#moments);
  }

  /** Publishes under one key on several instances at once, each time until there is an answer. */
  campaign(streams: readonly StreamName[], instances: readonly number[]): void {
    const attempt = this.begin(streams, { repeats: true });
    for (const instance of instances) {
      this.#unanswered++;
      void this.#insist(attempt, instance);
    }
  }

  async #insist(attempt: Attempt, first: number): Promise<void> {
    const { title, streams } = attempt;
    const idempotency = { publisher: "shop", key: title, bodyHash: title };
    for (let instance = first;; instance = this.#random.integer(0, 4)) {
      try {
        const call = this.#world.publishTo(streams, { title }, { instance, idempotency });
        this.#note(attempt, await this.#patiently(call));
        this.#unanswered--;
        return;
      } catch (error) {
        this.#judge(error, attempt);
      }
      await new Promise<void>((resolve) => {
        this.#world.clock.after(this.#random.integer(AGAIN_MS, 3 * AGAIN_MS), resolve);
      });
    }
  }

  /** A publisher hangs up some time; the call goes on without it. */
  #patiently<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#world.clock.after(PATIENCE_MS, () => reject(new InstanceGone()));
      call.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  #note(attempt: Attempt, published: Published): void {
    attempt.answers.push(published);
    this.acknowledge(attempt);
  }

  #judge(error: unknown, { repeats }: Attempt): void {
    // What the KV throws while a key is looked up is passed on: the caller hears that it was no success.
    const isFine = repeats ? !hasCode(error, "idempotency_conflict") : isRefusal(error);
    if (!isFine) this.#world.laws.broken.push(`refused: ${error}`);
  }
}

/** Whether the store is just not able to do it. */
export function isRefusal(error: unknown): boolean {
  return hasCode(error, "overloaded", "unavailable") ||
    error instanceof InstanceGone;
}
