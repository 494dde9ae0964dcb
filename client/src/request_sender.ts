import { Alarm, type Clock } from "./clock.ts";
import type { ClientMessage, ServerMessage } from "../../protocol/messages.ts";
import { mapValues, type Request, type RequestMessage, scopeIn, type State } from "./state.ts";
import type { RequestError } from "./reduce.ts";
import { BellwireError } from "./errors.ts";
import type { StreamName } from "../../protocol/notification.ts";
import type { MarkOp } from "./notification.ts";
import type { Markable } from "./types.ts";

/** The service asks to say it again later, and nothing is wrong with it. */
const LATER = new Set(["unavailable", "overloaded", "rate_limited", "idempotency_in_progress"]);
/** An answer takes no longer, unless it got lost. */
const ANSWER_MS = 30_000;
const LATER_MS = 1_000;

export interface RequestSenderOptions {
  readonly state: () => State;
  /** Whether the state is up to date, and something can be sent. */
  readonly isLive: () => boolean;
  readonly send: (message: ClientMessage) => void;
  readonly answered: (id: string, error: RequestError | undefined) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Sends what the user has asked for: one after the other, so that the service carries it out in the
 * order in which it was asked for; again, until it was answered.
 */
export class RequestSender {
  readonly #options: RequestSenderOptions;
  readonly #again: Alarm;
  #sent: string | undefined;

  constructor(options: RequestSenderOptions) {
    this.#options = options;
    this.#again = new Alarm(options.clock);
  }

  /** Sends the next, if there is one and nothing is under way. */
  pump(): void {
    const { queue, streams } = this.#options.state();
    const [first] = queue;
    if (!first || this.#sent || !this.#options.isLive()) return;
    const message = current(first, streams);
    if (!message) {
      const message = "The stream is new";
      return this.#options.answered(first.id, { code: "gone", message });
    }
    this.#sent = first.id;
    this.#options.send({ ...message, ref: first.id });
    this.#again.set(ANSWER_MS, () => this.restart());
  }

  /** The connection is another one, or none: what was under way is sent again, once it can be. */
  restart(): void {
    this.stop();
    this.pump();
  }

  /** Takes an answer, maybe to something else. */
  take(message: ServerMessage): void {
    if (!this.#sent || !("ref" in message) || message.ref !== this.#sent) return;
    const error = message.type === "error" ? message : undefined;
    if (error && LATER.has(error.code)) {
      return this.#again.set(LATER_MS * (1 + 2 * this.#options.random()), () => this.restart());
    }
    this.stop();
    this.#options.answered(message.ref, error);
  }

  /** Sends nothing more. */
  stop(): void {
    this.#sent = undefined;
    this.#again.clear();
  }
}

/** A request with what it still means; undefined where that is nothing. */
function current(request: Request, streams: State["streams"]): RequestMessage | undefined {
  const { message } = request;
  if (message.type !== "mark") return message;
  const { upTo, stream = "" } = message;
  const isCurrent = (name: string) => scopeIn(request, name, streams[name]) !== undefined;
  if (upTo === undefined) return isCurrent(stream) ? message : undefined;
  const left = Object.entries(upTo).filter(([name]) => isCurrent(name));
  return left.length ? { ...message, upTo: Object.fromEntries(left) } : undefined;
}

/**
 * The marks that some items take, one for each stream.
 *
 * @throws {BellwireError} `not_found` where one is not there
 */
export function markRequests(
  { streams }: State,
  op: MarkOp,
  marked: readonly Markable[],
): RequestMessage[] {
  const left = new Set(marked.map((item) => Object(item).id ?? item));
  const requests = Object.entries(streams).flatMap(([stream, { items }]) => {
    const seqs = items.filter(({ id }) => left.delete(id)).map(({ seq }) => seq);
    return seqs.length
      ? [{ type: "mark", op, stream: stream as StreamName, items: seqs } as const]
      : [];
  });
  for (const missing of left) {
    throw new BellwireError("not_found", `${missing} is not in the snapshot`);
  }
  return requests;
}

/** The marks that everything takes which is there by now. */
export function markAllRequests({ streams }: State, op: MarkOp): RequestMessage[] {
  const upTo = mapValues(streams, ({ seq }) => seq);
  return Object.keys(upTo).length ? [{ type: "mark", op, upTo }] : [];
}
