import { IdempotencyConflict, Overloaded, Unavailable } from "../../src/store/errors.ts";
import type { Published } from "../../src/store/publisher.ts";
import { InstanceGone } from "./gateway_instance.ts";
import type { GatewayWorld } from "./gateway_world.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** A notification that somebody meant to publish. */
export interface Attempt {
  /** Its title, which no other one has. */
  readonly title: string;
  readonly users: readonly string[];
  /** When it was first sent, among all that was sent and answered. */
  readonly begun: number;
  /** What was answered with success, and when the first answer came. */
  readonly answers: Published[];
  answered: number;
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
  publish(users: readonly string[], fields: Record<string, unknown>, instance: number): void {
    const attempt = this.#attempt(users, false);
    this.#unanswered++;
    this.#world.publish(users, { ...fields, title: attempt.title }, instance).then(
      (published) => this.#note(attempt, published),
      (error) => this.#judge(error, attempt),
    ).finally(() => this.#unanswered--);
  }

  /** Publishes under one key on several instances at once, each time until there is an answer. */
  campaign(users: readonly string[], instances: readonly number[]): void {
    const attempt = this.#attempt(users, true);
    for (const instance of instances) {
      this.#unanswered++;
      void this.#insist(attempt, instance);
    }
  }

  async #insist(attempt: Attempt, first: number): Promise<void> {
    const { title, users } = attempt;
    const idempotency = { publisher: "shop", key: title, bodyHash: title };
    for (let instance = first;; instance = this.#random.integer(0, 4)) {
      try {
        const call = this.#world.publish(users, { title }, instance, idempotency);
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

  #attempt(users: readonly string[], repeats: boolean): Attempt {
    const title = `No. ${this.attempts.length + 1}`;
    const begun = ++this.#moments;
    const attempt = { title, users, begun, answers: [], answered: Infinity, repeats };
    this.attempts.push(attempt);
    return attempt;
  }

  #note(attempt: Attempt, published: Published): void {
    attempt.answers.push(published);
    attempt.answered = Math.min(attempt.answered, ++this.#moments);
  }

  #judge(error: unknown, { repeats }: Attempt): void {
    // What the KV throws while a key is looked up is passed on: the caller hears that it was no success.
    const isFine = repeats ? !(error instanceof IdempotencyConflict) : isRefusal(error);
    if (!isFine) this.#world.laws.broken.push(`refused: ${error}`);
  }
}

/** Whether the store is just not able to do it. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Overloaded || error instanceof Unavailable ||
    error instanceof InstanceGone;
}
