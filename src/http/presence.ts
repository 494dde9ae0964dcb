import { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import { z } from "zod";
import type { UserId } from "../domain/stream_name.ts";
import type { Authenticator } from "./authenticate.ts";
import { callProblems, PUBLISHER } from "./documented.ts";
import { USER_PARAMETER, userInAddress } from "./id_parameter.ts";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./middleware.ts";

/** Whether a user has a device connected, and on how many instances. */
export interface Presence {
  readonly online: boolean;
  readonly instances: number;
}

/** Looks a user up. Rejects with `unavailable` where the store does not answer. */
export type FindPresence = (user: UserId) => Promise<Presence>;

const presenceSchema = z.object({
  online: z.boolean().meta({
    description: "At least one device is connected, or was seconds ago.",
  }),
  instances: z.int().min(0).meta({ description: "Instances that have a device of the user." }),
}).meta({ id: "Presence" });

const PATH = "/v1/users/:user/presence";

/** `/v1/users/{user}/presence` */
export function presence(
  { find, authenticate }: { find: FindPresence; authenticate: Authenticator },
): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(PATH, describe(), async (c) => {
      await authenticate.publisher(c);
      return c.json(await find(userInAddress(c)));
    })
    .all(PATH, otherMethods("GET"));
}

function describe() {
  return describeRoute({
    operationId: "userPresence",
    summary: "Whether a user is connected",
    description: "Right within 15 seconds of the end of an instance that was killed.",
    tags: ["publisher"],
    security: PUBLISHER,
    parameters: [USER_PARAMETER],
    responses: {
      200: {
        description: "What is known now.",
        content: { "application/json": { schema: resolver(presenceSchema) } },
      },
      ...callProblems(400),
    },
  });
}
