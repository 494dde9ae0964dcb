import type { Claim, Claims, Wish } from "./claims.ts";
import type { GatewayWorld } from "../simulation/support/gateway_world.ts";
import type { ServerMessage } from "./raw_socket.ts";
import type { Attempt, SimulatedPublishers } from "../simulation/support/simulated_publishers.ts";

/** Something that a device asked for and has no final answer to. */
interface Pending {
  readonly message: Record<string, unknown>;
  readonly askedAt: number;
  /** Hears of success; or of a refusal, and whether the request was sent only once. */
  readonly answered: (outcome: Outcome, isOnly: boolean) => void;
  times: number;
}

/** Undefined for success; else what it was answered. */
type Outcome = { readonly refusal?: string };

/** Where what devices ask for is remembered. */
export interface Books {
  readonly claims: Claims;
  readonly publishers: SimulatedPublishers;
}

/** Answers that ask to say it again. */
const AGAIN = new Set(["unavailable", "overloaded", "idempotency_in_progress"]);
const AGAIN_MS = 300;
/** Idempotency keys are kept for a day. */
const KEPT_MS = 12 * 3_600_000;

/** What a device asks for over its connections: it says again what was not answered on the last one. */
export class DeviceRequests {
  readonly #world: GatewayWorld;
  readonly #user: string;
  readonly #books: Books;
  readonly #say: (message: Record<string, unknown>) => void;
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  /** @param options `say` sends a message as far as there is a connection */
  constructor(
    { world, user, books, say }: {
      world: GatewayWorld;
      user: string;
      books: Books;
      say: (message: Record<string, unknown>) => void;
    },
  ) {
    this.#world = world;
    this.#user = user;
    this.#books = books;
    this.#say = say;
  }

  /** Requests without an answer. */
  get size(): number {
    return this.#pending.size;
  }

  /** Asks for what concerns the user's own affairs, as `message` says it. */
  wish(wish: Wish, message: Record<string, unknown>): void {
    const { claims } = this.#books;
    const claim: Claim = claims.begin(this.#user, wish);
    this.#ask(message, ({ refusal }, isOnly) => {
      if (refusal === undefined) claims.done(claim);
      // What became of a sending before that was not answered nobody knows.
      else if (isOnly) claims.refused(claim);
    });
  }

  /** Publishes to a topic, under a key of its own. */
  publish(attempt: Attempt, message: Record<string, unknown>): void {
    const { title } = attempt;
    this.#ask({ ...message, type: "publish", title, idempotencyKey: title }, ({ refusal }) => {
      if (refusal === undefined) this.#books.publishers.acknowledge(attempt);
      // There was no connection to say it over until it was too late.
      else if (!(attempt.later && refusal.includes("in the future"))) {
        this.#world.laws.broken.push(`${title} was refused: ${refusal}`);
      }
    });
  }

  /** Tells the connection of a new token. */
  refresh(token: string, done: () => void): void {
    this.#ask({ type: "refresh", token }, ({ refusal }) => {
      if (refusal === undefined) return done();
      // It may have been revoked on its way.
      if (!this.#books.claims.wasErased(this.#user)) {
        this.#world.laws.broken.push(`a token was refused: ${refusal}`);
      }
    });
  }

  /** There is another connection. */
  connected(): void {
    for (const [ref, { askedAt, message }] of [...this.#pending]) {
      const isLate = this.#world.clock.now() - askedAt > KEPT_MS;
      // A refresh was for the connection that is gone.
      if (isLate || message["type"] === "refresh") this.#pending.delete(ref);
      else this.#send(ref);
    }
  }

  /** Takes in an `ok` or an `error`. */
  take({ type, ref, code, message }: ServerMessage): void {
    const pending = this.#pending.get(Number(ref));
    if (pending === undefined) return;
    if (type === "error" && AGAIN.has(code)) {
      this.#world.clock.after(AGAIN_MS, () => this.#send(Number(ref)));
      return;
    }
    this.#pending.delete(Number(ref));
    pending.answered(type === "ok" ? {} : { refusal: `${code}: ${message}` }, pending.times === 1);
  }

  #ask(message: Record<string, unknown>, answered: Pending["answered"]): void {
    const ref = ++this.#last;
    this.#pending.set(ref, { message, askedAt: this.#world.clock.now(), answered, times: 0 });
    this.#send(ref);
  }

  #send(ref: number): void {
    const pending = this.#pending.get(ref);
    if (pending === undefined) return;
    pending.times++;
    this.#say({ ...pending.message, ref });
  }
}
