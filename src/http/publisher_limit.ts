import { bearerOf } from "../auth/bearer.ts";
import type { PublisherKeys } from "../auth/publisher_keys.ts";
import { type Quota, RateLimit } from "../limits/rate_limit.ts";
import { derived } from "../config/settings.ts";
import { answerHeaders, type AppMiddleware } from "./middleware.ts";
import { problemResponse } from "./problem.ts";

/** How many calls a publisher has. */
export interface PublisherLimitOptions {
  readonly keys: PublisherKeys;
  /** How many they are at the moment; no limit where it gives nothing. */
  readonly quota: () => Quota | undefined;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
}

/** The policy's name in the header fields. */
const POLICY = '"publisher"';

/**
 * Limits the calls of each publisher, whichever of its keys it uses and whatever it calls, and tells
 * in every answer how it stands (draft-ietf-httpapi-ratelimit-headers-10). A call that takes the work of
 * many is carried out, and counts as many against those that come next. Calls without the key of a
 * publisher are let through, to be refused or answered by whoever they are for.
 */
export function publisherLimit({ keys, quota, monotonic }: PublisherLimitOptions): AppMiddleware {
  const inForce = derived(quota, (quota) => quota && new Limits(quota));

  return async function publisherLimit(c, next) {
    const limits = inForce();
    const secret = bearerOf(c.req.raw.headers.get("authorization"));
    const publisher = secret === undefined ? undefined : keys.identify(secret);
    if (limits === undefined || publisher === undefined) return await next();
    c.set("publisher", publisher);
    const limit = limits.of(publisher);
    const { allowed, retryAfterMs } = limit.take(monotonic());
    c.set("spend", (cost) => limit.spend(monotonic(), cost));
    if (allowed) await next();
    else c.res = refusal(retryAfterMs);
    const { remaining, resetMs } = limit.standing(monotonic());
    const headers = answerHeaders(c);
    headers?.set("ratelimit-policy", limits.policy);
    headers?.set("ratelimit", `${POLICY};r=${remaining};t=${seconds(resetMs)}`);
  };
}

/** How the publishers stand with one quota. */
class Limits {
  readonly policy: string;
  readonly #quota: Quota;
  /** Only as many as keys are configured. */
  readonly #limits = new Map<string, RateLimit>();

  constructor(quota: Quota) {
    this.#quota = quota;
    this.policy = `${POLICY};q=${quota.limit};w=${seconds(quota.windowMs)}`;
  }

  of(publisher: string): RateLimit {
    let limit = this.#limits.get(publisher);
    if (limit === undefined) this.#limits.set(publisher, limit = new RateLimit(this.#quota));
    return limit;
  }
}

function refusal(retryAfterMs: number): Response {
  return problemResponse({
    code: "rate_limited",
    detail: "This publisher has made as many calls as it may; nothing was done",
    headers: { "retry-after": String(Math.max(1, seconds(retryAfterMs))) },
  });
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
