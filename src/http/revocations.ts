import { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import type { Revoke } from "../auth/revocations.ts";
import { parseRevocation, revocationSchema } from "../schemas/revocation.ts";
import type { Authenticator } from "./authenticate.ts";
import { parseJson, readBody, requireJson } from "./body.ts";
import { callProblems, PUBLISHER } from "./documented.ts";
import type { AppEvents } from "./refusals.ts";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./middleware.ts";

const PATH = "/v1/revocations";
const MAX_BODY = 64 * 1024;

/** What revoking needs. */
export interface RevocationsDeps {
  readonly revoke: Revoke;
  readonly authenticate: Authenticator;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly events?: AppEvents | undefined;
}

/** `/v1/revocations` */
export function revocations(
  { revoke, authenticate, now, events }: RevocationsDeps,
): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post(PATH, describe(), async (c) => {
      const { raw } = c.req;
      const publisher = await authenticate.publisher(c);
      requireJson(raw.headers);
      const request = parseRevocation(parseJson(await readBody(raw, MAX_BODY)), now());
      if ("jti" in request) await revoke.token(request.jti);
      else await revoke.user(request.user, request.issuedBefore);
      const by = { publisher, requestId: c.get("requestId") };
      events?.tokensRevoked(by, "jti" in request ? "jti" : "user");
      return new Response(null, { status: 204 });
    })
    .all(PATH, otherMethods("POST"));
}

function describe() {
  return describeRoute({
    operationId: "revokeTokens",
    summary: "Refuse tokens before they expire",
    description: "Refuses one token by its `jti`, or all of a user's that were issued before a " +
      "time. Live sessions that were opened with one are closed with 4503, on every instance. " +
      "A repeat is harmless.",
    tags: ["publisher"],
    security: PUBLISHER,
    requestBody: {
      required: true,
      content: { "application/json": { schema: resolver(revocationSchema) } },
    },
    responses: {
      204: { description: "Refused from now on." },
      ...callProblems(400, 413, 415),
    },
  });
}
