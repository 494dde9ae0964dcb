import type { Clock } from "../clock.ts";
import type { PeerChange } from "../cluster/instance_registry.ts";
import type { Failure } from "../feeds/error_reports.ts";
import { CloseCode, type Closing } from "../gateway/protocol/close_code.ts";
import type { Session } from "../gateway/session/session.ts";
import type { AppEvents, Deed, RefusedCall } from "../http/refusals.ts";
import { isLocked } from "../kv/failures.ts";
import type { RetryCause } from "../store/journal/commit_outcome.ts";
import { LineThrottle } from "./line_throttle.ts";
import type { Log } from "./log.ts";
import type { LogFields } from "./log_fields.ts";

/** Why connections end that their client, or the configuration, has to do with. */
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
 * What the service says of what happens, in the words of its log. Whatever callers can repeat is
 * written once a minute at most, with the number of those that were left out.
 *
 * No line names the user of an erasure or a revocation: the user's name would outlive the user in the
 * log. The request's id and the publisher lead to the publisher's own log.
 */
export class EventLog implements AppEvents {
  readonly #log: Log;
  readonly #lines: LineThrottle;

  constructor({ log, clock }: { log: Log; clock: Clock }) {
    this.#log = log;
    this.#lines = new LineThrottle({ log, clock });
  }

  /** Writes what is still to be told. */
  stop(): void {
    this.#lines.stop();
  }

  backgroundFailed({ job, cause, more }: Failure): void {
    const { name } = Object(cause) as { name?: unknown };
    const reason = typeof name === "string" ? name : undefined;
    const detail = () => ({ error: cause });
    this.#lines.say("warn", "background.failed", { job, reason }, { detail, others: more });
  }

  commitTroubled(kind: RetryCause, error: unknown): void {
    // A conflict is nothing but two instances that write the same stream, or the same file.
    if (kind === "conflict" || isLocked(error)) {
      return this.#log.debug("commit.troubled", { reason: kind, error });
    }
    this.#lines.say("warn", "commit.troubled", { reason: kind }, { detail: () => ({ error }) });
  }

  issuerUnavailable(error: unknown): void {
    this.#lines.say("warn", "issuer_keys.unavailable", {}, { detail: () => ({ error }) });
  }

  /** The clock of the store's server could not be asked for. */
  clockUnchecked(error: unknown): void {
    this.#lines.say("warn", "clock.unchecked", {}, { detail: () => ({ error }) });
  }

  sessionEnded(session: Session, closing: Closing | undefined): void {
    if (closing === undefined) return;
    const { code, reason } = closing;
    const detail = (): LogFields => ({
      session: session.id,
      user: session.user,
      ...session.caller,
    });
    if (REFUSED_LOGINS.has(code)) {
      // That the time of a connection is up, or its token is taken back, is no login.
      if (session.isWelcomed) return;
      const level = code === CloseCode.tokenExpired ? "info" : "warn";
      this.#lines.say(level, "login.refused", { code, reason }, { detail });
    } else if (code === CloseCode.rateLimited) {
      this.#lines.say("warn", "session.rate_limited", { code, reason }, { detail });
    } else if (REFUSED_SESSIONS.has(code)) {
      this.#lines.say("warn", "session.refused", { code, reason }, { detail });
    }
  }

  /** Memory grows fast outside of what the service knows of; connections are asked for an answer. */
  memoryGrew(): void {
    this.#lines.say("warn", "memory.grew", {});
  }

  /** A message was refused for a quota; the connection goes on. */
  sessionLimited({ id, user }: Session, reason: string): void {
    const detail = () => ({ session: id, user });
    this.#lines.say("warn", "session.rate_limited", { code: "rate_limited", reason }, { detail });
  }

  /** The origin of a page is not allowed: what its browser does with that looks like a bug there. */
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

  /** Whether another instance came, left or was given up. */
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

/** What names a kind takes no more room than it has in a line. */
function short(text: string): string {
  return text.slice(0, 200);
}
