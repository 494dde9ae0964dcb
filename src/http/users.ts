import { Hono } from "hono";
import { describeRoute } from "hono-openapi";
import type { Revoke } from "../auth/revocations.ts";
import type { Eraser } from "../store/erasure/eraser.ts";
import type { Authenticator } from "./authenticate.ts";
import type { UserId } from "../domain/stream_name.ts";
import { callProblems, PUBLISHER } from "./documented.ts";
import { USER_PARAMETER, userInAddress } from "./id_parameter.ts";
import type { AppEvents } from "./refusals.ts";
import { otherMethods } from "./methods.ts";
import { ERASE_COST } from "../limits/work_cost.ts";
import type { AppEnv } from "./middleware.ts";

const PATH = "/v1/users/:user";

export interface UsersDeps {
  readonly erase: Eraser;
  readonly revoke: Revoke;
  readonly authenticate: Authenticator;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly events?: AppEvents | undefined;
}

/** `/v1/users/{user}` */
export function users({ erase, revoke, authenticate, now, events }: UsersDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .delete(PATH, describeErase(), async (c) => {
      const publisher = await authenticate.publisher(c);
      const begun = performance.now();
      const user = userInAddress(c);
      c.get("spend")?.(ERASE_COST);
      await eraseUser(user, { erase, revoke, now });
      events?.userErased({ publisher, requestId: c.get("requestId") }, performance.now() - begun);
      return new Response(null, { status: 204 });
    })
    .all(PATH, otherMethods("DELETE"));
}

/** Erases a user, and refuses all tokens that were issued until then. */
export async function eraseUser(
  user: UserId,
  { erase, revoke, now }: Pick<UsersDeps, "erase" | "revoke" | "now">,
): Promise<void> {
  // First: nobody may come back with what is in hand, and write anew what is being erased.
  await revoke.user(user, now());
  await erase.user(user);
  // Who came with a newer token meanwhile may follow a stream that is gone.
  await revoke.user(user, now());
}

function describeErase() {
  return describeRoute({
    operationId: "eraseUser",
    summary: "Eraser a user",
    description: "Refuses the user's tokens whose `iat` is at most five seconds from now, " +
      "closes the user's connections, and deletes inbox, marks, memberships and what is still to be sent to the user; what the user " +
      "has published to topics is recalled. A call that was cut short can be repeated, and takes " +
      "longer the more was published lately.",
    tags: ["publisher"],
    security: PUBLISHER,
    parameters: [USER_PARAMETER],
    responses: {
      204: { description: "Nothing that is stored names the user any more." },
      ...callProblems(400),
    },
  });
}
