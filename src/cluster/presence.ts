import type { Core } from "../server/core.ts";
import type { UserId } from "../domain/stream_name.ts";
import type { FindPresence } from "../http/presence.ts";

/** Finds out where users are: here by the sessions, elsewhere by the routes to live instances. */
export function createPresence({ gateway, cluster }: Core): FindPresence {
  return async (user: UserId) => {
    const here = gateway.registry.of(user).size > 0 ? 1 : 0;
    const instances = here + (await cluster?.elsewhere(user) ?? 0);
    return { online: instances > 0, instances };
  };
}
