import type { MiddlewareHandler } from "hono";

/** What the app's handlers find in their context. */
export interface AppEnv {
  /** What the server knows of the connection; nothing where none is listening, as in a test. */
  Bindings: Partial<Deno.ServeHandlerInfo>;
  Variables: { requestId: string };
}

/**
 * Gives every answer an `X-Request-Id`, a 101 excepted, whose headers are no longer ours. The id is
 * always made here: one from outside could not be trusted to be unique, or to be harmless in a log.
 */
export function requestId(): MiddlewareHandler<AppEnv> {
  const process = crypto.randomUUID().slice(0, 13).replace("-", "");
  let count = 0;
  return async function requestId(c, next) {
    const id = `${process}-${(++count).toString(36)}`;
    c.set("requestId", id);
    await next();
    if (c.res.status !== 101) c.res.headers.set("x-request-id", id);
  };
}
