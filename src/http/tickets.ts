import { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import { z } from "zod";
import type { Authenticator } from "./authenticate.ts";
import { callProblems, USER } from "./documented.ts";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./middleware.ts";
import type { Tickets } from "../auth/tickets.ts";

const PATH = "/v1/tickets";

const ticketSchema = z.object({
  ticket: z.string().meta({ description: "Good once, as `?ticket=` of `/v1/stream`." }),
  expiresAt: z.string().meta({ format: "date-time", description: "Half a minute from now." }),
}).meta({ id: "Ticket" });

/** `/v1/tickets` */
export function tickets(
  { tickets, authenticate }: { tickets: Tickets; authenticate: Authenticator },
): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post(PATH, describe(), async (c) => {
      const token = await authenticate.user(c);
      const { ticket, expiresAt } = await authenticate.quotas.run(
        token.user,
        () => tickets.issue(token),
      );
      return c.json({ ticket, expiresAt: new Date(expiresAt).toISOString() }, 201);
    })
    .all(PATH, otherMethods("POST"));
}

function describe() {
  return describeRoute({
    operationId: "issueTicket",
    summary: "Get a ticket to connect with",
    description:
      "For `EventSource`, which can send no header: the ticket stands for the token that " +
      "it was asked for with, once and for 30 seconds.",
    tags: ["user"],
    security: USER,
    responses: {
      201: {
        description: "Ticket for one connection, valid for seconds.",
        content: { "application/json": { schema: resolver(ticketSchema) } },
      },
      ...callProblems(),
    },
  });
}
