import type { Concern } from "./around.ts";

/** What the app's handlers find in their context. */
export interface AppEnv {
  /** What the server knows of the connection; nothing where none is listening, as in a test. */
  Bindings: Partial<Deno.ServeHandlerInfo>;
  Variables: {
    requestId: string;
    /** Who calls, where somebody has found out already that it is a publisher. */
    publisher?: string;
    /** Counts what the publisher's call takes beyond a simple one; not there without a quota. */
    spend?: (cost: number) => void;
    /** The user who calls, once the token was checked. */
    user?: string;
  };
}

/**
 * Gives every answer an `X-Request-Id`. The id is always made here: one from outside could not be
 * trusted to be unique, or to be harmless in a log.
 */
export function requestId(): Concern {
  const process = crypto.randomUUID().slice(0, 13).replace("-", "");
  let count = 0;
  return function requestId(c) {
    const id = `${process}-${(++count).toString(36)}`;
    c.set("requestId", id);
    return { mark: (headers) => headers.set("x-request-id", id) };
  };
}
