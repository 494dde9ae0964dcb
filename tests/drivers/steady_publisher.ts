import assert from "node:assert/strict";
import type { Device } from "./device.ts";
import type { Published, Service } from "./service.ts";

/** A publish that was answered 201. */
export interface Acknowledged {
  readonly id: string;
  readonly seq: number;
}

/** Publishes to one user at a steady pace, whatever the answers, and remembers them. */
export class SteadyPublisher {
  readonly acknowledged: Acknowledged[] = [];
  /** How many answers had which status. */
  readonly statuses = new Map<number, number>();
  readonly #service: Service;
  readonly #user: string;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #underway = new Set<Promise<void>>();
  #count = 0;

  /** @param perSecond publishes a second, each on its way without waiting for the one before */
  constructor(service: Service, user: string, perSecond: number) {
    this.#service = service;
    this.#user = user;
    this.#timer = setInterval(() => {
      const publish = this.#publish().finally(() => this.#underway.delete(publish));
      this.#underway.add(publish);
    }, 1_000 / perSecond);
  }

  /** Stops, and waits for the answers that are still to come. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underway);
  }

  async #publish(): Promise<void> {
    const body = { to: { user: this.#user }, title: `${this.#service.url} ${this.#count++}` };
    const answer = await this.#service.publish(body);
    const text = await answer.text();
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
    if (answer.status !== 201) return;
    const { id, deliveries }: Published = JSON.parse(text);
    this.acknowledged.push({ id, seq: deliveries[0]?.seq ?? NaN });
  }
}

/**
 * Makes sure that each device of a user was shown whatever was acknowledged exactly once, where the
 * answer said, in order; and nothing else twice, nor anything that the inbox has not. The devices have
 * followed the user from the first notification on.
 */
export async function reconcile(
  devices: readonly Device[],
  acknowledged: readonly Acknowledged[],
  service: Service,
): Promise<void> {
  const [first] = devices;
  assert(first !== undefined && acknowledged.length > 0);
  const inbox = (await service.inbox(first.user)).reverse();
  assert.equal(new Set(inbox.map(({ title }) => title)).size, inbox.length, "something is twice");
  const idAt = new Map(inbox.map(({ seq, id }) => [seq, id]));
  for (const { id, seq } of acknowledged) assert.equal(idAt.get(seq), id, `${id} is not at ${seq}`);
  const expected = inbox.map(({ seq, id }) => ({ seq, id }));
  for (const device of devices) {
    await device.reaches(inbox.at(-1)?.seq ?? NaN);
    assert.deepEqual(device.notified.map(({ seq, id }) => ({ seq, id })), expected);
  }
}
