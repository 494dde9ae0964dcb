import { type Context, Hono } from "hono";
import { type AllowedOrigins, createOriginCheck } from "../auth/origins.ts";
import type { PublisherKeys } from "../auth/publisher_keys.ts";
import { systemClock } from "../clock.ts";
import type { TokenVerifier } from "../auth/token_verifier.ts";
import { asyncapi } from "./asyncapi.ts";
import { guard } from "../feeds/feed.ts";
import { createAuthenticator } from "./authenticate.ts";
import { batch } from "./batch.ts";
import { type ClientFile, clientFiles } from "./client_files.ts";
import { cors } from "./cors.ts";
import { inbox } from "./inbox.ts";
import { notification } from "./notification.ts";
import { notifications } from "./notifications.ts";
import { type Answer, type AppEnv, observe, standardHeaders } from "./middleware.ts";
import { openapi } from "./openapi.ts";
import { operations, type Readiness } from "./operations.ts";
import { marks } from "./marks.ts";
import { type FindPresence, presence } from "./presence.ts";
import { publisherLimit } from "./publisher_limit.ts";
import { type Problem, problemResponse, toProblem } from "./problem.ts";
import { type AppEvents, refusedCall, reportOrigins, reportRefusals } from "./refusals.ts";
import { revocations } from "./revocations.ts";
import { CachingRouter } from "./router.ts";
import { tickets } from "./tickets.ts";
import { type OpenStream, stream } from "./stream.ts";
import { topics } from "./topics.ts";
import { users } from "./users.ts";
import type { Log } from "../ops/log.ts";
import type { Quota } from "../limits/rate_limit.ts";
import type { Revoke } from "../auth/revocations.ts";
import { derived } from "../config/settings.ts";
import type { Eraser } from "../store/erasure/eraser.ts";
import type { Inbox } from "../store/inbox/inbox.ts";
import type { Notifications } from "../store/publish/notifications.ts";
import type { Marks } from "../store/inbox/marks.ts";
import type { Topics } from "../store/inbox/topics.ts";
import type { Publisher } from "../store/publish/publisher.ts";
import { UserQuotas } from "../limits/user_quotas.ts";
import { notFound } from "../errors.ts";
import type { Tickets } from "../auth/tickets.ts";

/** All that the app needs; it reaches for nothing else. */
export interface AppDeps {
  readonly publisher: Publisher;
  readonly notifications: Notifications;
  readonly inbox: Inbox;
  readonly marks: Marks;
  readonly topics: Topics;
  readonly erase: Eraser;
  readonly tokens: TokenVerifier;
  readonly keys: PublisherKeys;
  readonly revoke: Revoke;
  readonly tickets: Tickets;
  /** Opens the sessions of `/v1/stream`. */
  readonly stream: OpenStream;
  readonly presence: FindPresence;
  readonly ready: () => Promise<Readiness>;
  /** All metrics in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /** Hears of every answer. */
  readonly observe?: (answer: Answer) => void;
  readonly log: Log;
  /** Hears of what callers did, or were refused, that an operator may look for. */
  readonly events?: AppEvents;
  /** Browser origins that may read the answers, at the moment. */
  readonly allowedOrigins: () => AllowedOrigins;
  /** The service's version, for `/openapi.json` and `/asyncapi.json`. */
  readonly version: string;
  /** How much users may ask for; as much as they like unless given. */
  readonly quotas?: UserQuotas;
  /** How many calls each publisher has at the moment; as many as it likes unless given. */
  readonly publisherQuota?: () => Quota | undefined;
  /** Milliseconds that never jump. */
  readonly monotonic?: () => number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Scripts for the pages of others. */
  readonly clientFiles?: readonly ClientFile[];
  /** Pages that the service itself serves, mounted at `/`. */
  readonly pages?: Hono<AppEnv>;
}

/**
 * Puts the HTTP side together. It listens to nothing and holds nothing global: give its `fetch` to
 * `Deno.serve`, with the connection's info as the second argument, or call it in a test.
 *
 * @example
 * ```ts
 * const app = createApp(deps);
 * Deno.serve((request, info) => app.fetch(request, info));
 * ```
 */
export function createApp(deps: AppDeps): Hono<AppEnv> {
  const { tokens, keys, log, allowedOrigins, now = Date.now } = deps;
  const {
    quotas = new UserQuotas({ quota: () => undefined, connectionsMax: 1, clock: systemClock }),
  } = deps;
  const authenticate = createAuthenticator({ tokens, keys, quotas });
  const app = new Hono<AppEnv>({ router: new CachingRouter() });
  const onError = (error: unknown) => log.error("answer.unobserved", { error });

  const { events, observe: report, publisherQuota: quota } = deps;
  const { monotonic = () => performance.now() } = deps;
  app.use(standardHeaders());
  if (report !== undefined) app.use(observe((answer) => guard(onError, () => report(answer))));
  if (events !== undefined) {
    app.use(reportRefusals((call) => guard(onError, () => events.callRefused(call))));
    const originCheck = derived(allowedOrigins, createOriginCheck);
    app.use(
      "/v1/*",
      reportOrigins(
        (headers) => originCheck()(headers),
        (origin, host) => guard(onError, () => events.originRefused(origin, host)),
      ),
    );
  }
  app.use(
    "/v1/*",
    cors(derived(
      allowedOrigins,
      (allowed) => allowed === "same-origin" ? undefined : createOriginCheck(allowed),
    )),
  );
  if (quota !== undefined) app.use("/v1/*", publisherLimit({ keys, quota, monotonic }));

  const logError = (c: Context<AppEnv>, problem: Problem, error: unknown) => {
    const { requestId, method, route, publisher, user } = refusedCall(c, problem);
    log.error("request.failed", { requestId, method, route, publisher, user, error });
  };
  const onEntryRefused = (c: Context<AppEnv>, problem: Problem, error: unknown) => {
    if (problem.code === "internal") logError(c, problem, error);
    else events?.callRefused(refusedCall(c, problem));
  };
  app.route("/", notifications({ publisher: deps.publisher, authenticate, now }));
  app.route("/", batch({ publisher: deps.publisher, authenticate, now, onEntryRefused }));
  app.route("/", notification({ notifications: deps.notifications, authenticate }));
  app.route("/", inbox({ inbox: deps.inbox, authenticate }));
  app.route("/", marks({ marks: deps.marks, authenticate }));
  app.route("/", topics({ topics: deps.topics, authenticate }));
  app.route("/", users({ erase: deps.erase, revoke: deps.revoke, authenticate, now, events }));
  app.route("/", presence({ find: deps.presence, authenticate }));
  app.route("/", revocations({ revoke: deps.revoke, authenticate, now, events }));
  app.route("/", tickets({ tickets: deps.tickets, authenticate }));
  app.route("/", stream(deps.stream));
  app.route("/", operations({ ready: deps.ready, metrics: deps.metrics }));
  app.route("/", clientFiles(deps.clientFiles ?? []));
  app.route("/", asyncapi({ version: deps.version }));
  openapi(app, { version: deps.version });
  if (deps.pages !== undefined) app.route("/", deps.pages);

  app.notFound(() => problemResponse(toProblem(notFound())));
  app.onError((error, c) => {
    const problem = toProblem(error);
    if (problem.code === "internal") logError(c, problem, error);
    return problemResponse(problem);
  });
  return app;
}
