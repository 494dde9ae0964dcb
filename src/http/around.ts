import type { Context, MiddlewareHandler } from "hono";
import type { OnError } from "../feeds/error_reports.ts";
import { guard } from "../feeds/feed.ts";
import type { AppEnv } from "./request_id.ts";

/** What a {@link Concern} does with one call. */
export interface Around {
  /** Answers it in the place of whoever it was for. */
  readonly answer?: Response;
  /** Adds to the header fields of the answer. Not asked for an upgrade, whose fields are no longer ours. */
  readonly mark?: (headers: Headers) => void;
  /** Hears of the answer. */
  readonly hear?: (answer: Response, c: Context<AppEnv>) => void;
}

/** Something to be done around every call, whatever it is for; nothing where it gives nothing. */
export type Concern = (c: Context<AppEnv>) => Around | undefined;

/**
 * Does several things around every call, the first one outermost. Were each of them a middleware, it
 * would take a promise and two functions more for each call.
 *
 * @param onError takes what `mark` and `hear` throw: the call was carried out, and is answered so
 */
export function around(
  concerns: readonly Concern[],
  onError: OnError,
): MiddlewareHandler<AppEnv> {
  return async function around(c, next) {
    const layers: Around[] = [];
    let answer: Response | undefined;
    for (const concern of concerns) {
      const layer = concern(c);
      if (layer === undefined) continue;
      layers.push(layer);
      answer = layer.answer;
      if (answer !== undefined) break;
    }
    if (answer === undefined) await next();
    else c.res = answer;
    const { res } = c;
    for (let i = layers.length - 1; i >= 0; i--) {
      const { mark, hear } = layers[i] as Around;
      if (mark !== undefined && res.status !== 101) guard(onError, () => mark(res.headers));
      if (hear !== undefined) guard(onError, () => hear(res, c));
    }
  };
}

/** Leaves all calls but those of the API alone. */
export function ofApi(concern: Concern): Concern {
  return (c) => {
    const { path } = c.req;
    return path.startsWith("/v1/") || path === "/v1" ? concern(c) : undefined;
  };
}
