import { Hono } from "hono";
import { describeRoute } from "hono-openapi";
import { problems, USER } from "./documented.ts";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./request_id.ts";

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
    summary: "Open a WebSocket",
    description: "Upgrades to a WebSocket that speaks `bellwire.v1`. The token may also come in " +
      "the subprotocol `bearer.<jwt>` or in the `hello` message; a bad one is upgraded and then " +
      "closed with its code, since a browser can't see why an upgrade is refused.",
    tags: ["user"],
    security: [...USER, {}],
    responses: {
      101: { description: "Upgraded." },
      ...problems(400, 403, 503),
    },
  });
}
