import { Hono } from "hono";
import { describeRoute } from "hono-openapi";
import { callProblems, USER } from "./documented.ts";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./middleware.ts";

/**
 * Opens a session for a request to `/v1/stream`.
 *
 * @param info what the server knows of the connection; empty where none is listening
 */
export type OpenStream = (
  request: Request,
  info: Partial<Deno.ServeHandlerInfo>,
) => Response | Promise<Response>;

/** `/v1/stream` */
export function stream(open: OpenStream): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/v1/stream", describeStream(), (c) => open(c.req.raw, c.env ?? {}))
    .all("/v1/stream", otherMethods("GET"));
}

function describeStream() {
  return describeRoute({
    operationId: "openStream",
    summary: "Open a WebSocket, or server-sent events",
    description: "Upgrades to a WebSocket that speaks `bellwire.v1`: see `/asyncapi.json`. The " +
      "token may also come in the subprotocol `bearer.<jwt>` or in the `hello` message; a bad one " +
      "is upgraded and then closed with its code, since a browser can't see why an upgrade is " +
      "refused. With `Accept: text/event-stream` the same messages come as server-sent events.",
    tags: ["user"],
    security: [...USER, {}],
    parameters: PARAMETERS,
    responses: {
      101: { description: "The connection speaks WebSocket from now on." },
      200: {
        description:
          "Server-sent events: the message as `data`, its type as `event`, and as `id` " +
          "a cursor of all streams.",
        content: { "text/event-stream": { schema: { type: "string" } } },
      },
      ...callProblems(426),
    },
  });
}

const text = { type: "string" as const };
const PARAMETERS = [
  {
    in: "query" as const,
    name: "ticket",
    required: false,
    description: "Ticket of `POST /v1/tickets`, sent instead of a token.",
    schema: text,
  },
  {
    in: "query" as const,
    name: "cursor",
    required: false,
    description: "For server-sent events: the `id` of the last one, as `Last-Event-ID`.",
    schema: text,
  },
  {
    in: "header" as const,
    name: "Last-Event-ID",
    required: false,
    description: "For server-sent events: the `id` of the last one.",
    schema: text,
  },
];
