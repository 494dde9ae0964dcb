import type { Context } from "hono";
import { calledHost } from "../auth/origins.ts";
import { type AppEnv, type AppMiddleware, routeOf } from "./middleware.ts";
import { type Problem, problemOf } from "./problem.ts";
import type { ErrorCode } from "../errors.ts";

/** A call that was answered with a problem, as far as it may be told. */
export interface RefusedCall {
  readonly code: ErrorCode;
  /** A constant text. */
  readonly reason: string;
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  /** Who calls, where that is known. */
  readonly publisher?: string | undefined;
  readonly user?: string | undefined;
  /** As the caller says; undefined where it does not. */
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
  /** From where the connection comes: a proxy's, where there is one. */
  readonly address?: string | undefined;
}

/** Who did something by which call. */
export interface Deed {
  readonly publisher: string;
  readonly requestId: string;
}

/** Listens to what callers did, or were refused, that an operator may look for. */
export interface AppEvents {
  callRefused(call: RefusedCall): void;
  /** A page of an origin that is not allowed has made a call. */
  originRefused(origin: string, host: string | null): void;
  /** @param ms how long it took, in milliseconds */
  userErased(by: Deed, ms: number): void;
  tokensRevoked(by: Deed, what: "jti" | "user"): void;
}

/** Reports each call that was answered with a problem, wherever in the app that was decided. */
export function reportRefusals(onRefused: (call: RefusedCall) => void): AppMiddleware {
  return async function reportRefusals(c, next) {
    await next();
    const problem = c.res.status < 400 ? undefined : problemOf(c.res);
    if (problem !== undefined) onRefused(refusedCall(c, problem));
  };
}

/** What there is to tell of a refused call, or of a refused part of one. */
export function refusedCall(c: Context<AppEnv>, { code, detail, reason }: Problem): RefusedCall {
  const { raw, method } = c.req;
  const remote = c.env?.remoteAddr;
  return {
    code,
    reason: reason ?? detail,
    requestId: c.get("requestId"),
    method,
    route: routeOf(c),
    publisher: c.get("publisher"),
    user: c.get("user"),
    origin: raw.headers.get("origin") ?? undefined,
    host: calledHost(raw) ?? undefined,
    address: remote?.transport === "tcp" ? remote.hostname : undefined,
  };
}

/**
 * Reports origins of pages that are not allowed: their calls are answered, and their browsers keep the
 * answers from them without a word to the service.
 */
export function reportOrigins(
  allowed: (headers: { origin: string; host: string | null }) => boolean,
  onRefused: (origin: string, host: string | null) => void,
): AppMiddleware {
  return async function reportOrigins(c, next) {
    const origin = c.req.raw.headers.get("origin");
    if (origin !== null) {
      const host = calledHost(c.req.raw);
      if (!allowed({ origin, host })) onRefused(origin, host);
    }
    await next();
  };
}
