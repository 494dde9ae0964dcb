import type { Clock } from "../clock.ts";
import type { ErrorReports } from "../feeds/error_reports.ts";
import type { Feed } from "../feeds/feed.ts";
import type { HeadCache } from "../store/head_cache.ts";
import type { Memberships } from "../store/inbox/memberships.ts";
import type { LogReader } from "../store/log_reader.ts";
import type { KvHealth } from "../kv/health.ts";
import type { TokenVerifier, UserToken } from "../auth/token_verifier.ts";
import type { UserQuotas } from "../limits/user_quotas.ts";
import type { Closing } from "./protocol/close_code.ts";
import type { Connection } from "./session/connection.ts";
import type { Inbound } from "./session/inbound.ts";
import type { Quota } from "../limits/rate_limit.ts";
import type { ConnectionLimiter } from "./session/connection_limiter.ts";
import type { RequestServices } from "./session/requests.ts";
import type { Session } from "./session/session.ts";
import type { StreamSource } from "./fanout/stream_source.ts";
import type { Encoding } from "./protocol/subprotocol.ts";
import type { Transport } from "./transport/transport.ts";
import type { ClientInfo } from "./session/session.ts";

export interface GatewayOptions extends RequestServices {
  readonly clock: Clock;
  readonly tokens: TokenVerifier;
  /** Whether a token that was good is refused by now. */
  readonly isRevoked: (token: UserToken) => boolean;
  readonly heads: HeadCache;
  readonly log: LogReader;
  readonly health: KvHealth;
  readonly memberships: Memberships;
  readonly streams: StreamSource;
  readonly databaseEpoch: string;
  readonly newSessionId: () => string;
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  /** Where other isolates count towards the same maxima. */
  readonly limiter?: ConnectionLimiter;
  /** What one session's client may say; as much as it likes unless given. */
  readonly messageQuota?: () => Quota | undefined;
  /** How much each user may ask for, over all sessions and calls. */
  readonly quotas: UserQuotas;
  readonly heartbeatMs: number;
  readonly pongTimeoutMs: number;
  /** Takes what one session or one listener throws. */
  readonly reports: ErrorReports;
  /** Told of each message that is refused because of a quota. */
  readonly refusedMessages: Feed<RefusedMessage>;
  /** Told of each session's end. */
  readonly sessionEnds: Feed<SessionEnd>;
}

/** A message of a device that was refused because of a quota. */
export interface RefusedMessage {
  readonly session: Session;
  readonly reason: string;
}

/** The end of a session. Without a closing, the client has closed the connection or is gone. */
export interface SessionEnd {
  readonly session: Session;
  readonly closing: Closing | undefined;
}

/** A connection that was just made, before its client said anything. */
export interface NewConnection {
  readonly transport: Transport;
  /** The token that came with the request, if one did. */
  readonly jwt?: string | undefined;
  /** The same where it was checked already. */
  readonly token?: UserToken;
  /** How its client writes; JSON unless given. */
  readonly encoding?: Encoding;
  /** Why it can't stay; it is told so and closed. */
  readonly refusal?: Closing;
  readonly clientInfo?: ClientInfo;
}

/** What a connection has become. */
export interface AcceptedConnection {
  readonly session: Session;
  readonly connection: Connection;
  /** Takes what the client sends; the session has it too, as long as it lives. */
  readonly inbound: Inbound;
}
