import type { RevokedTokens } from "./revoked_tokens.ts";
import type { UserToken } from "./token_verifier.ts";
import type { Clock } from "../clock.ts";
import { text, utf8 } from "../store/codec/bytes.ts";
import { keys } from "../store/keys.ts";
import type { Kv } from "../kv/kv.ts";
import { invalidToken, tokenExpired, tokenRevoked } from "../errors.ts";

export interface KvTicketsOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly revoked: RevokedTokens;
}

const GOOD_FOR_MS = 30_000;
const TICKET_BYTES = 32;
const FORM = /^[A-Za-z0-9_-]{43}$/;

/** What a ticket's row holds. */
interface Stored {
  readonly token: UserToken;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Tickets as rows, so that any instance can redeem one, and the check of a commit lets only one do so.
 *
 * The row's key is a hash of the ticket, and its value is encrypted with the ticket: who reads the
 * database finds neither tickets nor users in it.
 */
export class KvTickets implements Tickets {
  readonly #options: KvTicketsOptions;

  constructor(options: KvTicketsOptions) {
    this.#options = options;
  }

  async issue(token: UserToken): Promise<Ticket> {
    const { kv, clock } = this.#options;
    const secret = crypto.getRandomValues(new Uint8Array(TICKET_BYTES));
    const now = clock.now();
    const expiresAt = Math.min(now + GOOD_FOR_MS, token.expiresAt);
    const stored: Stored = { token, expiresAt };
    const value = await encrypt(secret, utf8(JSON.stringify(stored)));
    const key = keys.ticket(await nameOf(secret));
    await kv.commit({
      checks: [],
      mutations: [{ kind: "set", key, value, expireIn: GOOD_FOR_MS }],
    });
    const ticket = secret.toBase64({ alphabet: "base64url", omitPadding: true });
    return { ticket, expiresAt };
  }

  async redeem(ticket: string): Promise<UserToken> {
    const { kv, clock, revoked } = this.#options;
    if (!FORM.test(ticket)) throw invalidToken("The ticket is not valid");
    const secret = Uint8Array.fromBase64(ticket, { alphabet: "base64url" });
    const key = keys.ticket(await nameOf(secret));
    const row = await kv.get(key);
    if (row.value === null) throw invalidToken(GONE);
    // Used from here on, whatever is wrong with it otherwise.
    const { ok } = await kv.commit({
      checks: [{ key, versionstamp: row.versionstamp }],
      mutations: [{ kind: "delete", key }],
    });
    if (!ok) throw invalidToken(GONE);
    const stored: Stored = JSON.parse(text(await decrypt(secret, row.value)));
    const { token, expiresAt } = stored;
    if (token.expiresAt <= clock.now()) throw tokenExpired();
    if (expiresAt <= clock.now()) throw invalidToken(GONE);
    if (revoked.has(token)) throw tokenRevoked();
    return token;
  }
}

const GONE = "The ticket was used before, or its time is up";

async function nameOf(secret: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await derive("name", secret));
  return hash.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Two hashes of one secret that say nothing of each other. */
function derive(purpose: string, secret: Uint8Array): Promise<ArrayBuffer> {
  const prefix = utf8(`bellwire ticket ${purpose} `);
  const input = new Uint8Array(prefix.length + secret.length);
  input.set(prefix);
  input.set(secret, prefix.length);
  return crypto.subtle.digest("SHA-256", input);
}

async function encrypt(
  secret: Uint8Array,
  plain: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.encrypt(ALGORITHM, await keyOf(secret), plain));
}

async function decrypt(secret: Uint8Array, sealed: Uint8Array): Promise<Uint8Array> {
  const bytes = new Uint8Array(sealed);
  return new Uint8Array(await crypto.subtle.decrypt(ALGORITHM, await keyOf(secret), bytes));
}

async function keyOf(secret: Uint8Array): Promise<CryptoKey> {
  const bytes = await derive("key", secret);
  return await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Each key encrypts one thing once, so that its nonce may be the same every time. */
const ALGORITHM = { name: "AES-GCM", iv: new Uint8Array(12) };

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
