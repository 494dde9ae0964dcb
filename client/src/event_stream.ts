import type { CloseCode } from "../../protocol/close_codes.ts";
import type { BellwireError } from "./errors.ts";
import { createHttp, type Http, type HttpOptions } from "./http.ts";
import type { ClientMessage, ServerMessage } from "../../protocol/messages.ts";
import type { OpenTransport, TransportEvents } from "./transport.ts";

/**
 * Connections by server-sent events, for networks that let no WebSocket through. They are read with
 * `fetch`, which, other than an `EventSource`, can send the token in a header and sees why it is
 * refused. What the user asks for goes by calls of its own.
 */
export function eventStreams(options: HttpOptions): OpenTransport {
  const { server, fetch: fetchIt } = options;
  const call = createHttp(options);
  return ({ token, eventId }, events) => {
    const controller = new AbortController();
    const { signal } = controller;
    const told: TransportEvents = {
      opened: () => signal.aborted || events.opened(),
      received: (messages, id) => signal.aborted || events.received(messages, id),
      ended: (end) => signal.aborted || events.ended(end),
    };
    void read(fetchIt, `${server}/v1/stream`, { token, eventId, signal }, told);
    let current = token;
    return {
      send(message) {
        if (message.type === "refresh") current = message.token;
        void ask(call, current, message).then((answer) => {
          if (answer) told.received([answer]);
        });
      },
      close: () => controller.abort(),
    };
  };
}

/** No event of the service is as long as that. */
const EVENT_MAX = 16 * 1024 * 1024;

async function read(
  fetchIt: typeof fetch,
  url: string,
  { token, eventId, signal }: { token: string; eventId: string | undefined; signal: AbortSignal },
  events: TransportEvents,
): Promise<void> {
  try {
    const response = await fetchIt(url, {
      headers: {
        accept: "text/event-stream",
        authorization: `Bearer ${token}`,
        ...(eventId ? { "last-event-id": eventId } : {}),
      },
      cache: "no-store",
      signal,
    });
    if (!response.ok || !response.body) {
      const { code, detail } = Object(await response.json().catch(() => undefined));
      const closeCode = CLOSE_CODES[code as string];
      const afterMs = Number(response.headers.get("retry-after")) * 1000 * (1 + Math.random());
      return events.ended({
        reason: detail ?? `The service answered ${response.status}`,
        ...(closeCode === undefined ? {} : { code: closeCode }),
        retryAfterMs: afterMs || undefined,
      });
    }
    // The page of a network that wants its visitors to sign in, say.
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      return events.ended({ reason: "The answer is not the service's" });
    }
    events.opened();
    let text = "";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return events.ended({ reason: "The connection broke" });
      const blocks = (text + value).split("\n\n");
      text = blocks.pop() as string;
      if (text.length > EVENT_MAX) throw new Error("What came is not of the service");
      for (const block of blocks) takeEvent(block, events);
    }
  } catch (error) {
    events.ended({ reason: (error as Error).message });
  }
}

/** What would have been said with a close code on a socket. */
const CLOSE_CODES: Readonly<Record<string, CloseCode>> = {
  token_expired: 4003,
  unauthorized: 4500,
  forbidden: 4507,
};

function takeEvent(block: string, events: TransportEvents): void {
  let id: string | undefined;
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("id: ")) id = line.slice(4);
    if (line.startsWith("data: ")) data += line.slice(6);
  }
  if (data === "") return;
  const message: ServerMessage = JSON.parse(data);
  events.received([message], id);
  // A body has no close code: what was said last stands for it.
  if (message.type === "disconnect") {
    events.ended({ code: message.code, reason: message.reason });
  }
}

/** Carries out one request; gives what would have been answered on a socket. */
async function ask(
  call: Http,
  token: string,
  message: ClientMessage,
): Promise<ServerMessage | undefined> {
  const { type } = message;
  if (type === "hello" || type === "pong" || type === "refresh") return undefined;
  const { ref } = message;
  try {
    if (type === "publish") {
      const message = "Publishing takes a WebSocket, and none gets through";
      return { type: "error", ref, code: "not_supported", message };
    } else if (type === "mark") {
      const { type: _, ref: __, ...body } = message;
      await call(token, "/v1/inbox/marks", { method: "POST", body });
    } else {
      const method = type === "subscribe" ? "PUT" : "DELETE";
      const topic = encodeURIComponent(message.topic);
      await call(token, `/v1/topics/${topic}/subscription`, { method });
    }
    return { type: "ok", ref: ref as string };
  } catch (error) {
    const { code, message: text } = error as BellwireError;
    return {
      type: "error",
      ref,
      // A token that has just expired ends the connection too; the next one has another.
      code: code === "unreachable" || code === "token_expired" ? "unavailable" : code,
      message: text,
    };
  }
}
