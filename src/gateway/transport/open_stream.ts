import { bearerOf } from "../../auth/bearer.ts";
import { calledHost } from "../../auth/origins.ts";
import type { ClientInfo } from "../session/session.ts";
import { CloseCode, type Closing } from "../protocol/close_code.ts";
import { DenoSocket } from "./deno_socket.ts";
import { goingAway } from "../session/drain.ts";
import { canDrop } from "./drop_socket.ts";
import {
  asksForEvents,
  createOpenEventStream,
  type OpenEventStreamOptions,
} from "./open_event_stream.ts";
import { chooseSubprotocol, type Offer } from "../protocol/subprotocol.ts";
import { ServiceError } from "../../errors.ts";

const UPGRADE_REQUIRED =
  "This address speaks WebSocket: connect with a WebSocket client (ws:// or wss://), or send " +
  "`Accept: text/event-stream`";

/**
 * After so many seconds of silence Deno asks a peer whether it is there, and cuts it where it does not
 * answer. It does so only while a socket is open, with a timer for each, and so it is only the net for
 * versions of Deno in which sockets can't be dropped: pings of ours notice a dead peer sooner.
 */
const IDLE_SECONDS = 30;

/**
 * Makes the handler that upgrades requests to sessions, or answers them with a stream of events. It
 * throws `upgrade_required` and `unavailable`; whatever else is wrong is told over the socket,
 * since a browser's page can't see why an upgrade was refused.
 */
export function createOpenStream(
  options: OpenEventStreamOptions,
): (request: Request, info: Partial<Deno.ServeHandlerInfo>) => Response | Promise<Response> {
  const { gateway, originAllowed, isStopping, connections } = options;
  const openEventStream = createOpenEventStream(options);
  let idleTimeout = 0;
  return (request, info) => {
    // All that is needed of the headers is read first: after the upgrade they can't be.
    const { headers } = request;
    const isForEvents = asksForEvents(request);
    if (!isForEvents && !asksForWebSocket(request)) {
      throw new ServiceError("upgrade_required", UPGRADE_REQUIRED);
    }
    if (isStopping()) {
      throw new ServiceError("unavailable", "The service is stopping", { retryAfterMs: 1_000 });
    }
    // Connections that were closed linger for some seconds, and count here too.
    if (connections.isFull && !makeRoom(options)) {
      throw new ServiceError("unavailable", "As many connections as are allowed are open", {
        retryAfterMs: 5_000,
      });
    }
    if (isForEvents) return openEventStream(request, info);
    const offer = chooseSubprotocol(headers.get("sec-websocket-protocol"));
    const origin = { origin: headers.get("origin"), host: calledHost(request) };
    const refusal = refuse(offer, originAllowed(origin));
    const jwt = bearerOf(headers.get("authorization")) ?? offer.token;
    const clientInfo = clientInfoOf(request, info);
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout });
    idleTimeout = canDrop(socket) ? 0 : IDLE_SECONDS;
    // Not by Deno's own option: that only finds what a client offers with a space after each comma.
    if (offer.protocol !== undefined) {
      response.headers.set("sec-websocket-protocol", offer.protocol);
    }
    const opened = (transport: DenoSocket) => {
      const closing = refusal ?? (isStopping() ? goingAway() : undefined);
      return gateway.accept({
        transport,
        jwt,
        encoding: offer.encoding,
        clientInfo,
        ...(closing === undefined ? {} : { refusal: closing }),
      }).session;
    };
    new DenoSocket(socket, { encoding: offer.encoding, opened, connections });
    return response;
  };
}

/** Drops a connection that is about to end, or else one that was never used. */
function makeRoom({ gateway, connections }: OpenEventStreamOptions): boolean {
  if (!connections.dropOne() && gateway.closeIdleHandshake()) connections.dropOne();
  return !connections.isFull;
}

/** What Deno insists on, looked at before, as it only throws a `TypeError` (RFC 6455, 4.2.1). */
function asksForWebSocket({ method, headers }: Request): boolean {
  const lists = (name: string, word: string) =>
    (headers.get(name) ?? "").split(",").some((part) => part.trim().toLowerCase() === word);
  return method === "GET" && lists("upgrade", "websocket") && lists("connection", "upgrade") &&
    headers.get("sec-websocket-version")?.trim() === "13" && headers.has("sec-websocket-key");
}

function refuse({ supported }: Offer, originIsAllowed: boolean): Closing | undefined {
  if (!originIsAllowed) {
    return {
      code: CloseCode.forbidden,
      reason: "This origin is not allowed: list it in BELLWIRE_ALLOWED_ORIGINS",
    };
  }
  if (!supported) {
    return {
      code: CloseCode.unsupportedVersion,
      reason: "Offer the subprotocol `bellwire.v1` or `bellwire.v1.cbor`",
    };
  }
  return undefined;
}

/** Callers make up what they send, and many of them may never say hello. */
const TEXT_MAX = 200;

/** Reads it before the upgrade; afterwards headers can't be read. */
function clientInfoOf(request: Request, info: Partial<Deno.ServeHandlerInfo>): ClientInfo {
  const origin = request.headers.get("origin");
  const host = calledHost(request);
  const { remoteAddr } = info;
  return {
    ...(origin === null ? {} : { origin: short(origin) }),
    ...(host === null ? {} : { host: short(host) }),
    ...(remoteAddr?.transport === "tcp" ? { address: remoteAddr.hostname } : {}),
  };
}

/** A part of a long text would keep all of it in memory. */
function short(text: string): string {
  return text.length <= TEXT_MAX ? text : `(longer than ${TEXT_MAX} characters)`;
}
