import assert from "node:assert/strict";
import type { Acknowledged } from "./steady_publisher.ts";
import type { Published, Service } from "./service.ts";

const AGAIN_MS = 20;

/**
 * Publishes to one user, one after the other in each of a few loops. Whatever happens to a call it is
 * repeated under its idempotency key until it is answered 201, as a careful caller does.
 */
export class StubbornPublisher {
  readonly acknowledged: Acknowledged[] = [];
  readonly #service: Service;
  readonly #user: string;
  readonly #loops: Promise<void>[];
  #isStopping = false;
  #count = 0;

  /** @param loops calls that are under way at the same time */
  constructor(service: Service, user: string, loops: number) {
    this.#service = service;
    this.#user = user;
    this.#loops = Array.from({ length: loops }, () => this.#loop());
  }

  /** Stops once each call that was begun has been answered 201. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    while (!this.#isStopping) {
      const title = `${this.#user} ${this.#count++}`;
      for (;;) {
        const published = await this.#publish(title);
        if (published !== undefined) {
          const { id, deliveries } = published;
          this.acknowledged.push({ id, seq: deliveries[0]?.seq ?? NaN });
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  async #publish(title: string): Promise<Published | undefined> {
    let answer: Response;
    let text: string;
    try {
      const body = { to: { user: this.#user }, title };
      answer = await this.#service.publish(body, { "idempotency-key": title });
      text = await answer.text();
    } catch (error) {
      // The connection was cut.
      if (error instanceof TypeError) return undefined;
      throw error;
    }
    if (answer.status === 201) return JSON.parse(text);
    assert([409, 503].includes(answer.status), text);
    return undefined;
  }
}
