import { credentials } from "../../credentials.ts";
import { after, needle, numberAfter } from "../byte_search.ts";
import type { Dialect, Ear } from "../dialect.ts";
import { publishRequest } from "../publish_request.ts";

/** The messages of `bellwire.v1` that a device here acts on, and no more of each than it needs. */
type Message =
  | { type: "welcome" | "ok" | "ping" | "change" }
  | { type: "notification"; stream: string; seq: number; item: { data: { n: number } } }
  | { type: "reset"; stream: string; epoch: string; seq: number }
  | { type: "caughtUp"; stream: string; seq: number }
  | { type: "disconnect" | "error"; code: unknown; reason?: string; message?: string };

const decoder = new TextDecoder();
const TYPE = needle('"type":"');
const SEQ = needle('"seq":');
const NUMBER = needle('"n":');
const OPENING_BRACE = "{".charCodeAt(0);
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
  upgrade: (token) => ({
    path: "/v1/stream",
    headers: [`Authorization: Bearer ${token}`, "Sec-WebSocket-Protocol: bellwire.v1"],
  }),
  opening: ({ resume }) =>
    JSON.stringify({ type: "hello", ...(resume && { resume: { user: resume } }) }),
  hear: (payload, ear) => {
    if (payload[0] === OPENING_BRACE && payload[after(payload, TYPE)] === NOTIFICATION) {
      ear.event(numberAfter(payload, NUMBER) ?? -1, numberAfter(payload, SEQ));
      return undefined;
    }
    const heard = JSON.parse(decoder.decode(payload)) as Message | Message[];
    let answer: string | undefined;
    for (const message of Array.isArray(heard) ? heard : [heard]) {
      answer = act(message, ear) ?? answer;
    }
    return answer;
  },
};

function act(message: Message, ear: Ear): string | undefined {
  switch (message.type) {
    case "notification":
      ear.event(message.item.data.n, message.seq);
      return undefined;
    case "reset":
      if (message.stream === "user") ear.ready({ epoch: message.epoch, seq: message.seq });
      return undefined;
    case "caughtUp":
      // Only who resumed gets here, so the epoch is the one that the device knew.
      if (message.stream === "user" && ear.resume !== undefined) {
        ear.ready({ epoch: ear.resume.epoch, seq: message.seq });
      }
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
