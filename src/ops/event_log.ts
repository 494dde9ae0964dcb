import type { Clock } from "../clock.ts";
import type { PeerChange } from "../cluster/instance_registry.ts";
import { ServiceError } from "../errors.ts";
import type { Failure } from "../feeds/error_reports.ts";
import { CloseCode, type Closing } from "../gateway/protocol/close_code.ts";
import type { Session } from "../gateway/session/session.ts";
import type { AppEvents, Deed, RefusedCall } from "../http/refusals.ts";
import { isLocked } from "../kv/failures.ts";
import type { RetryCause } from "../store/journal/commit_outcome.ts";
import { LineThrottle } from "./line_throttle.ts";
import type { Log, LogFields } from "./log.ts";

/** Close codes whose reason lies with the client or the configuration. */
const REFUSED_SESSIONS: ReadonlySet<CloseCode> = new Set([
  CloseCode.atCapacity,
  CloseCode.tooManyConnections,
  CloseCode.forbidden,
  CloseCode.unsupportedVersion,
  CloseCode.protocolError,
  CloseCode.messageTooLarge,
  CloseCode.noHello,
  CloseCode.tooSlow,
]);
const REFUSED_LOGINS: ReadonlySet<CloseCode> = new Set([
  CloseCode.invalidToken,
  CloseCode.tokenExpired,
  CloseCode.revoked,
]);

/**
 * Writes the log lines of what happens in an instance. Lines that callers can cause at will are limited to
 * one a minute of each kind.
 *
 * No line names the user of an erasure or a revocation: the log would keep the name longer than the user's
 * data. The request id and the publisher lead to the publisher's own log.
 */
export class EventLog implements AppEvents {
  readonly #log: Log;
  readonly #lines: LineThrottle;

  constructor({ log, clock }: { log: Log; clock: Clock }) {
    this.#log = log;
    this.#lines = new LineThrottle({ log, clock });
  }

  /** Writes the numbers of lines that were left out so far. */
  stop(): void {
    this.#lines.stop();
  }

  backgroundFailed({ job, cause, more }: Failure): void {
    const { name } = Object(cause) as { name?: unknown };
    // All refusals of the service have one class: their code says more.
    const kind = cause instanceof ServiceError ? cause.code : name;
    const reason = typeof kind === "string" ? kind : undefined;
    const detail = () => ({ error: cause });
    this.#lines.say("warn", "background.failed", { job, reason }, { detail, others: more });
  }

  commitTroubled(kind: RetryCause, error: unknown): void {
    // A conflict only means that two instances write the same stream, or the same file.
    if (kind === "conflict" || isLocked(error)) {
      return this.#log.debug("commit.troubled", { reason: kind, error });
    }
    this.#lines.say("warn", "commit.troubled", { reason: kind }, { detail: () => ({ error }) });
  }

  issuerUnavailable(error: unknown): void {
    this.#lines.say("warn", "issuer_keys.unavailable", {}, { detail: () => ({ error }) });
  }

  /** The time of the KV server could not be asked for. */
  clockUnchecked(error: unknown): void {
    this.#lines.say("warn", "clock.unchecked", {}, { detail: () => ({ error }) });
  }

  sessionEnded(session: Session, closing: Closing | undefined): void {
    if (closing === undefined) return;
    const { code, reason } = closing;
    const detail = (): LogFields => ({
      session: session.id,
      user: session.user,
      ...session.clientInfo,
    });
    if (REFUSED_LOGINS.has(code)) {
      // The token of a session that was open has expired or was revoked: that is no refused login.
      if (session.isWelcomed) return;
      const level = code === CloseCode.tokenExpired ? "info" : "warn";
      this.#lines.say(level, "login.refused", { code, reason }, { detail });
    } else if (code === CloseCode.rateLimited) {
      this.#lines.say("warn", "session.rate_limited", { code, reason }, { detail });
    } else if (REFUSED_SESSIONS.has(code)) {
      this.#lines.say("warn", "session.refused", { code, reason }, { detail });
    }
  }

  /** Memory outside the heap grows fast for no known reason; all connections are pinged. */
  memoryGrew(): void {
    this.#lines.say("warn", "memory.grew", {});
  }

  /** A message was refused because of a quota; the session stays open. */
  sessionLimited({ id, user }: Session, reason: string): void {
    const detail = () => ({ session: id, user });
    this.#lines.say("warn", "session.rate_limited", { code: "rate_limited", reason }, { detail });
  }

  /** The origin of a page is not allowed, which its developer sees only as a failed request. */
  originRefused(origin: string, host: string | null): void {
    const fields = { origin: short(origin), host: short(host ?? "") };
    this.#lines.say("warn", "origin.refused", fields);
  }

  callRefused({ code, reason, ...call }: RefusedCall): void {
    const detail = () => call;
    const { publisher } = call;
    switch (code) {
      case "unauthorized":
        return this.#lines.say("warn", "login.refused", { code, reason }, { detail });
      case "token_expired":
        return this.#lines.say("info", "login.refused", { code, reason }, { detail });
      case "forbidden":
        return this.#lines.say("info", "call.forbidden", { code, reason, publisher }, { detail });
      case "rate_limited":
        return this.#lines.say("warn", "call.rate_limited", { code, reason, publisher }, {
          detail,
        });
      case "overloaded":
        return this.#lines.say("warn", "call.overloaded", { code, reason, publisher }, { detail });
      case "unavailable":
        return this.#lines.say("warn", "call.unavailable", { code, reason }, { detail });
    }
  }

  userErased({ publisher, requestId }: Deed, ms: number): void {
    const detail = () => ({ requestId, ms: Math.round(ms) });
    this.#lines.say("info", "user.erased", { publisher }, { detail });
  }

  tokensRevoked({ publisher, requestId }: Deed, what: "jti" | "user"): void {
    const detail = () => ({ requestId });
    this.#lines.say("info", "tokens.revoked", { publisher, reason: what }, { detail });
  }

  /** Another instance has joined, left or was evicted. */
  peerChanged({ id, change }: PeerChange): void {
    this.#log[change === "evicted" ? "warn" : "info"](`instance.${change}`, { peer: id });
  }

  rejoined(id: string): void {
    const { context } = this.#log;
    const previous = context?.instance;
    if (context !== undefined) context.instance = id;
    this.#log.warn("instance.reborn", { instance: id, previous });
  }

  kvTurned(isAway: boolean): void {
    if (isAway) this.#log.warn("kv.away");
    else this.#log.info("kv.back");
  }
}

/** Cuts a field that callers make up. */
function short(text: string): string {
  return text.slice(0, 200);
}
