import type { Revocation } from "../auth/revoked_tokens.ts";
import type { OnError } from "../feeds/error_reports.ts";
import { guard } from "../feeds/feed.ts";
import type { Kv, KvCommitted, KvOperation } from "../kv/kv.ts";

/**
 * What every live instance has to hear and is no event of a stream.
 *
 * To add a kind, add it here: the type checker then asks for its handler where the instance is put
 * together (`core.ts`). A message is plain JSON. It may be heard twice, and in a rolling update by an
 * instance that does not know its kind and passes over it; so it only tells what is also stored.
 */
export type Control = { readonly kind: "revoked"; readonly revocation: Revocation };

/** What an instance does about each kind of message. */
export type ControlHandlers = {
  readonly [Kind in Control["kind"]]: (message: Extract<Control, { kind: Kind }>) => void;
};

/** How an instance hears of what the others tell. */
export interface ControlListener {
  readonly hear: ControlHandlers;
  /** Takes what a handler throws; the other messages are handled all the same. */
  readonly onError: OnError;
  /**
   * Messages may have passed this instance by, or be about to: it looks at what is stored. Called
   * once the others know of it, when it goes on under a new id, and every 12 seconds.
   */
  lookAgain(): Promise<void>;
}

/** Tells all instances. */
export interface ControlLine {
  /**
   * Commits, and tells every live instance in the same commit, so that what is stored is also told;
   * this instance hears it too, before the promise resolves. Others hear it within milliseconds, one
   * whose watch is silent within 11 seconds.
   *
   * @param messages what to tell, if the commit goes through
   * @param operation the rows that the messages are about; nothing unless given
   * @returns `ok: false` where a check failed: nothing was written or told then
   *
   * Rejects where the KV does not answer. The outcome is unknown then: do it again, it has to be
   * harmless to tell a thing twice.
   *
   * @example
   * ```ts
   * const { ok } = await control.tell([{ kind: "revoked", revocation }], { checks, mutations });
   * ```
   */
  tell(messages: readonly Control[], operation?: KvOperation): Promise<KvCommitted>;
}

/** An operation that does nothing. */
export const NOTHING: KvOperation = { checks: [], mutations: [] };

/**
 * Gives each message to its handler; those of a kind that is not known here are passed over.
 *
 * @returns whether no handler failed
 */
export function hearAll(
  messages: readonly Control[],
  { hear, onError }: Pick<ControlListener, "hear" | "onError">,
): boolean {
  let isHeard = true;
  for (const message of messages) {
    // A newer instance may say what this one was never taught.
    if (!Object.hasOwn(hear, message.kind)) continue;
    if (!guard(onError, () => hear[message.kind](message))) isHeard = false;
  }
  return isHeard;
}

/** The line of an instance that is alone: it writes no mail. */
export class LoneControl implements ControlLine {
  readonly #kv: Kv;
  readonly #listener: Pick<ControlListener, "hear" | "onError">;

  constructor(kv: Kv, listener: Pick<ControlListener, "hear" | "onError">) {
    this.#kv = kv;
    this.#listener = listener;
  }

  async tell(messages: readonly Control[], operation = NOTHING): Promise<KvCommitted> {
    const committed = await this.#kv.commit(operation);
    if (committed.ok) hearAll(messages, this.#listener);
    return committed;
  }
}
