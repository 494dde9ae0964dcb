import { type Revocation, RevokedTokens, revokeToken, revokeUser } from "./revoked_tokens.ts";
import type { Clock } from "../clock.ts";
import type { ControlLine } from "../cluster/control_line.ts";
import type { UserId } from "../domain/stream_name.ts";
import type { Feed } from "../feeds/feed.ts";
import type { Kv } from "../kv/kv.ts";
import { RevocationReader, revocationRows } from "./kv_revocations.ts";
import type { RowReader } from "../store/rows.ts";

/** Refuses tokens before they expire, on all instances. Both reject where the KV does not answer. */
export interface Revoke {
  /** Refuses the token with this `jti`. */
  token(jti: string): Promise<void>;
  /**
   * Refuses a user's tokens that were issued before a time in milliseconds since the epoch, by a clock
   * that may be ahead by the tolerance, and those that don't say when they were.
   */
  user(user: UserId, issuedBefore: number): Promise<void>;
}

export interface RevocationsOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly maxTokenLifetimeMs: number;
  readonly control: ControlLine;
  readonly rows: RowReader;
  /** Told when more tokens are refused than before: sessions that hold one have to go. */
  readonly revoked: RevocationFeed;
}

/** Says that tokens were revoked; which ones, {@link Revocations.tokens} knows. */
export type RevocationFeed = Feed<void>;

const FORGET_MS = 600_000;

/**
 * What is revoked, as this instance knows it. Rows in the KV are the truth; each instance has all of
 * them in memory, reads them when it starts, hears of new ones by control messages, and looks now and
 * then whether it missed any.
 */
export class Revocations implements Revoke {
  readonly tokens = new RevokedTokens();
  readonly #options: RevocationsOptions;
  readonly #reader: RevocationReader;
  /** When the monotonic clock was 0, in milliseconds since the epoch, by the clock of the start. */
  readonly #epoch: number;
  #lookedForOld = -Infinity;
  #closing = false;

  constructor(options: RevocationsOptions) {
    this.#options = options;
    this.#epoch = options.clock.now() - options.clock.monotonic();
    this.#reader = new RevocationReader(options);
  }

  token(jti: string): Promise<void> {
    return this.#revoke(revokeToken(jti, this.#validity()));
  }

  user(user: UserId, issuedBefore: number): Promise<void> {
    return this.#revoke(revokeUser(user, issuedBefore, this.#validity()));
  }

  /** Another instance, or this one, has stored a revocation. */
  hear(revocation: Revocation): void {
    this.tokens.add(revocation);
    this.#forgetOld();
    this.#closeLater();
  }

  /** Takes in what is stored. Rejects where the KV does not answer. */
  async lookAgain(): Promise<void> {
    const stored = await this.#reader.read();
    if (stored === undefined) return;
    for (const revocation of stored) this.tokens.add(revocation);
    this.#forgetOld();
    this.#closeLater();
  }

  async #revoke(revocation: Revocation): Promise<void> {
    const { kv, clock, newId, control } = this.#options;
    for (;;) {
      const rows = await revocationRows(kv, revocation, { now: clock.now(), id: newId() });
      // A stricter one is stored, though its message may still be on its way here.
      if (rows === undefined) return this.hear(revocation);
      if ((await control.tell([{ kind: "revoked", revocation }], rows)).ok) return;
    }
  }

  /**
   * Only new ones make room necessary. While the clock is ahead, nothing may be forgotten that counts
   * again when it is set right: so no more time has gone by than the monotonic clock says.
   */
  #forgetOld(): void {
    const { clock } = this.#options;
    const elapsed = clock.monotonic();
    if (elapsed - this.#lookedForOld < FORGET_MS) return;
    this.#lookedForOld = elapsed;
    this.tokens.forgetOld(Math.min(clock.now(), this.#epoch + elapsed));
  }

  #validity(): { now: number; maxLifetimeMs: number } {
    const { clock, maxTokenLifetimeMs } = this.#options;
    return { now: clock.now(), maxLifetimeMs: maxTokenLifetimeMs };
  }

  /** Many revocations that come at once are one look at all sessions. */
  #closeLater(): void {
    if (this.#closing) return;
    this.#closing = true;
    queueMicrotask(() => {
      this.#closing = false;
      this.#options.revoked.emit();
    });
  }
}
