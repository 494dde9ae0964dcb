import type { OpenTransport } from "./transport.ts";
import type { WebSocketLike } from "./connect_options.ts";

const BROKEN = "The connection broke";

/**
 * Connections over WebSockets.
 *
 * @param url of `/v1/stream`, with `ws:` or `wss:`
 */
export function webSockets(
  url: string,
  WebSocket: new (url: string, protocols?: string | string[]) => WebSocketLike,
): OpenTransport {
  return (_, events) => {
    let socket: WebSocketLike;
    try {
      socket = new WebSocket(url, "bellwire.v1");
    } catch (error) {
      // A page's policy may forbid it, and some browsers say so at once.
      queueMicrotask(() => events.ended({ reason: (error as Error).message }));
      return { send() {}, close() {} };
    }
    socket.onopen = () => events.opened();
    socket.onmessage = ({ data }: { data: string }) => {
      let parsed;
      try {
        parsed = JSON.parse(data);
      } catch {
        socket.close();
        return events.ended({ reason: BROKEN });
      }
      events.received([parsed].flat());
    };
    // Mostly an end follows, but not in Chromium where a page's policy forbids the connection.
    socket.onerror = () => events.ended({ reason: BROKEN });
    socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
      events.ended({ code, reason: reason || BROKEN });
    return {
      send: (message) => socket.send(JSON.stringify(message)),
      close: () => socket.close(1000),
    };
  };
}
