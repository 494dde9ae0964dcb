import { credentials } from "../../credentials.ts";
import { after, needle, numberAfter } from "../byte_search.ts";
import type { Dialect, Ear } from "../dialect.ts";
import { publishRequest } from "../publish_request.ts";

/** The messages of `bellwire.v1` that a device here acts on, and no more of each than it needs. */
type Message =
  | { type: "ok" | "ping" }
  | { type: "welcome"; streams: Record<string, { epoch: string }> }
  | { type: "notification"; stream: string; seq: number; item: { data: { n: number } } }
  | { type: "change"; stream: string; seq: number; counts: { unread: number } }
  | { type: "reset"; stream: string; epoch: string; seq: number }
  | { type: "caughtUp"; stream: string; seq: number }
  | { type: "disconnect" | "error"; code: unknown; reason?: string; message?: string };

const decoder = new TextDecoder();
const TYPE = needle('"type":"');
const STREAM = needle('"stream":"');
const SEQ = needle('"seq":');
const NUMBER = needle('"n":');
const OPENING_BRACE = "{".charCodeAt(0);
const QUOTE = '"'.charCodeAt(0);
const NOTIFICATION = "n".charCodeAt(0);
const publisher = [`Authorization: Bearer ${credentials.publisherSecret}`];

/** The protocol `bellwire.v1`, with the token in a header as a native client sends it. */
export const bellwire: Dialect = {
  publish: (to, n, key) =>
    publishRequest({
      path: "/v1/notifications",
      headers: key === undefined ? publisher : [...publisher, `Idempotency-Key: ${key}`],
      to,
      n,
    }),
  join: (user, topic) =>
    [
      `PUT /v1/users/${user}/topics/${topic} HTTP/1.1`,
      "Host: 127.0.0.1",
      "Content-Length: 0",
      ...publisher,
      "\r\n",
    ].join("\r\n"),
  upgrade: (token) => ({
    path: "/v1/stream",
    headers: [`Authorization: Bearer ${token}`, "Sec-WebSocket-Protocol: bellwire.v1"],
  }),
  opening: ({ resume }) =>
    JSON.stringify({
      type: "hello",
      ...(resume.size > 0 && { resume: Object.fromEntries(resume) }),
    }),
  hear: (payload, ear) => {
    if (payload[0] === OPENING_BRACE && payload[after(payload, TYPE)] === NOTIFICATION) {
      const seq = numberAfter(payload, SEQ) ?? NaN;
      ear.event(numberAfter(payload, NUMBER) ?? -1, { stream: streamIn(payload), seq });
      return undefined;
    }
    const heard = JSON.parse(decoder.decode(payload)) as Message | Message[];
    let answer: string | undefined;
    for (const message of Array.isArray(heard) ? heard : [heard]) {
      answer = act(message, ear) ?? answer;
    }
    return answer;
  },
  readAll: (upTo) => JSON.stringify({ type: "mark", op: "read", upTo }),
};

/** The stream that was heard of last, and its bytes: mostly it is the same one again. */
let known = { name: "user", bytes: needle('user"') };

function streamIn(payload: Uint8Array): string {
  const start = after(payload, STREAM);
  if (known.bytes.every((byte, i) => payload[start + i] === byte)) return known.name;
  const bytes = payload.slice(start, payload.indexOf(QUOTE, start) + 1);
  known = { name: decoder.decode(bytes.subarray(0, -1)), bytes };
  return known.name;
}

function act(message: Message, ear: Ear): string | undefined {
  switch (message.type) {
    case "notification":
      ear.event(message.item.data.n, message);
      return undefined;
    case "change":
      ear.changed(message, message.counts.unread);
      return undefined;
    case "welcome":
      ear.welcomed(
        Object.fromEntries(
          Object.entries(message.streams).map(([name, { epoch }]) => [name, epoch]),
        ),
      );
      return undefined;
    case "reset":
      ear.reset(message.stream, { epoch: message.epoch, seq: message.seq });
      return undefined;
    case "caughtUp":
      ear.caughtUp(message.stream, message.seq);
      return undefined;
    case "ping":
      return JSON.stringify({ type: "pong" });
    case "disconnect":
    case "error":
      ear.refused(`${message.type} ${message.code}: ${message.reason ?? message.message}`);
      return undefined;
    default:
      return undefined;
  }
}
