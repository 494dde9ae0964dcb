import type { UserToken } from "./token_verifier.ts";

/** What a user connects with instead of a token, where no header can be sent. */
export interface Ticket {
  /** 43 characters that need no escaping in a URL. */
  readonly ticket: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Tickets that stand for a user's token, once and for half a minute, on any instance. */
export interface Tickets {
  /** Makes a ticket for whoever has shown this token. Rejects where the store does not answer. */
  issue(token: UserToken): Promise<Ticket>;
  /**
   * Takes a ticket in and gives the token it stands for. It can't be used again afterwards; of several
   * who try at once, on whatever instances, at most one gets it.
   *
   * Rejects with `unauthorized`, `token_expired` or `unauthorized`, and where the store does not answer:
   * the ticket may be used up then.
   */
  redeem(ticket: string): Promise<UserToken>;
}
