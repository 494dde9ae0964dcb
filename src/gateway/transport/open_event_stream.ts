import { bearerOf } from "../../auth/bearer.ts";
import { calledHost, type OriginCheck } from "../../auth/origins.ts";
import type { TokenVerifier, UserToken } from "../../auth/token_verifier.ts";
import type { Clock } from "../../clock.ts";
import { EventStream } from "./event_stream.ts";
import { goingAway } from "../session/drain.ts";
import type { OpenConnections } from "./open_connections.ts";
import type { Gateway } from "../gateway.ts";
import { StreamCursor } from "../protocol/server_sent_event.ts";
import { ServiceError, tokenExpired } from "../../errors.ts";
import type { Tickets } from "../../auth/tickets.ts";

export interface OpenEventStreamOptions {
  readonly gateway: Gateway;
  readonly tokens: TokenVerifier;
  readonly tickets: Tickets;
  readonly clock: Clock;
  readonly originAllowed: OriginCheck;
  readonly isStopping: () => boolean;
  /** Every connection that takes room, also those whose session is over already. */
  readonly connections: OpenConnections;
}

/** Compressing would hold events back, and so would what proxies do unless they are told. */
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/** Whether a request asks for server-sent events. */
export function asksForEvents({ method, headers }: Request): boolean {
  return method === "GET" && !headers.has("upgrade") &&
    (headers.get("accept") ?? "").split(",").some((part) =>
      part.split(";")[0]?.trim().toLowerCase() === "text/event-stream"
    );
}

/**
 * Makes the handler that answers requests with a stream of server-sent events, a session like any
 * other. Unlike on a socket, whoever may not connect is refused before it begins: an `EventSource`
 * comes back by itself after each end of a stream, and stops only where it is answered with an error.
 *
 * It rejects with `unauthorized`, `unauthorized`, `token_expired`, `unauthorized`, `forbidden` and
 * `unavailable`, and where the store does not answer.
 */
export function createOpenEventStream(
  options: OpenEventStreamOptions,
): (request: Request, info: Partial<Deno.ServeHandlerInfo>) => Promise<Response> {
  const { gateway, originAllowed, isStopping, connections } = options;
  return async (request, info) => {
    const { headers } = request;
    if (!originAllowed({ origin: headers.get("origin"), host: calledHost(request) })) {
      throw new ServiceError(
        "forbidden",
        "This origin is not allowed: list it in BELLWIRE_ALLOWED_ORIGINS",
      );
    }
    const parameters = URL.parse(request.url)?.searchParams;
    const token = await identify(options, headers, parameters?.get("ticket") ?? undefined);
    // What a browser sends when it comes back by itself is newer than what the page has put there.
    const cursor = StreamCursor.parse(headers.get("last-event-id") ?? parameters?.get("cursor"));
    const transport = new EventStream({
      cursor,
      connections,
      gone: () => session.lost(),
      completed: info.completed,
    });
    const { session, connection } = gateway.accept({
      transport,
      token,
      ...(isStopping() ? { refusal: goingAway() } : {}),
    });
    if (session.isClosed) {
      connections.delete(transport);
      throw new ServiceError("unavailable", "As many connections as are allowed are open", {
        retryAfterMs: 5_000,
      });
    }
    void connection.begin((stream) => cursor.at(stream));
    return new Response(transport.body, { headers: HEADERS });
  };
}

async function identify(
  { tokens, tickets, clock }: OpenEventStreamOptions,
  headers: Headers,
  ticket: string | undefined,
): Promise<UserToken> {
  const jwt = bearerOf(headers.get("authorization"));
  if (jwt === undefined && ticket === undefined) {
    throw new ServiceError(
      "unauthorized",
      "Send `Authorization: Bearer …`, or a `ticket` of `POST /v1/tickets`",
    );
  }
  const token = jwt === undefined ? await tickets.redeem(ticket ?? "") : await tokens.verify(jwt);
  // The tolerance for clocks is for taking tokens in, not for keeping a connection open.
  if (token.expiresAt <= clock.now()) throw tokenExpired();
  return token;
}
