import { readerOf } from "../../../src/auth/patterns.ts";
import type { MarkOp } from "../../../src/domain/event.ts";
import { EVERYONE, type TopicStream } from "../../../src/domain/stream_name.ts";
import { CloseCode } from "../../../src/gateway/protocol/close_code.ts";
import type { Engine } from "../../../src/server/engine.ts";
import { eraseUser } from "../../../src/http/users.ts";
import type { Mark } from "../../../src/store/inbox/marks.ts";
import type { Claims, Reach, Wish } from "../../drivers/claims.ts";
import type { GatewayWorld } from "./gateway_world.ts";
import { isRefusal } from "./simulated_publishers.ts";
import { hasCode } from "../../../src/errors.ts";

/** What users do, and publishers on their behalf, by calls rather than over a socket. */
export class SimulatedUsers {
  readonly #world: GatewayWorld;
  readonly #claims: Claims;
  #unanswered = 0;

  constructor(world: GatewayWorld, claims: Claims) {
    this.#world = world;
    this.#claims = claims;
  }

  get areBusy(): boolean {
    return this.#unanswered > 0;
  }

  join(
    user: string,
    { topic, granted, instance }: { topic: TopicStream; granted: boolean; instance: number },
  ): void {
    const isGranted = granted || topic === EVERYONE;
    this.#call(user, { kind: "join", topic, granted: isGranted }, instance, ({ store }) => {
      return store.topics.join(user, topic, isGranted);
    });
  }

  leave(user: string, { topic, instance }: { topic: TopicStream; instance: number }): void {
    this.#call(user, { kind: "leave", topic }, instance, ({ store }) => {
      return store.topics.leave(user, topic);
    });
  }

  mark(
    user: string,
    { op, reaches, instance }: { op: MarkOp; reaches: readonly Reach[]; instance: number },
  ): void {
    const reader = readerOf({ user, topics: ["*"], publish: [], expiresAt: Infinity });
    const targets: Mark["targets"] = reaches.map(({ stream, ...scope }) => ({ stream, scope }));
    this.#call(user, { kind: "mark", op, reaches }, instance, ({ store }) => {
      return store.marks.mark(reader, { op, targets });
    });
  }

  /** The user is erased, and has to connect with another token. */
  erase(user: string, instance: number): void {
    this.#world.laws.allow(CloseCode.revoked);
    this.#world.laws.allow(CloseCode.internal);
    this.#call(user, { kind: "erase" }, instance, ({ revoke, store }) => {
      // Here nothing takes any time, but tokens of the same moment are older than the erasure.
      const now = () => this.#world.clock.now() + 1;
      return eraseUser(user, { revoke, erase: store.erase, now });
    });
  }

  #call(
    user: string,
    wish: Wish,
    instance: number,
    run: (engine: Engine) => Promise<void>,
  ): void {
    const claim = this.#claims.begin(user, wish);
    this.#unanswered++;
    this.#world.call(instance, run).then(
      () => this.#claims.done(claim),
      (error) => {
        if (hasCode(error, "forbidden")) return this.#claims.refused(claim);
        // The days that went by meanwhile have taken what it goes by; it would have to be called again.
        if (String(error).includes("proof of an erasure")) return;
        // What the KV throws while it is read is passed on: nobody knows then what was done.
        if (!isRefusal(error) && !this.#world.isRough) {
          this.#world.laws.broken.push(`refused: ${error}`);
        }
      },
    ).finally(() => this.#unanswered--);
  }
}
