import { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import type { Publication, Published } from "../store/publish/publication.ts";
import type { Publisher } from "../store/publish/publisher.ts";
import { publishedSchema, scheduledSchema } from "./answers.ts";
import type { Authenticator } from "./authenticate.ts";
import { bodyFormat, parseBody, readBody, tooLarge } from "./body.ts";
import {
  callProblems,
  IDEMPOTENCY_KEY,
  notificationBody,
  PUBLISHER,
  REPLAYED,
} from "./documented.ts";
import { otherMethods } from "./methods.ts";
import { idempotency, idempotencyKey, publication } from "./publication.ts";
import { costOfPublishing } from "../limits/work_cost.ts";
import type { AppEnv } from "./middleware.ts";

const MAX_BODY = 64 * 1024;
const MAX_BODY_WITH_USERS = 256 * 1024;

/** What publishing needs. */
export interface NotificationsDeps {
  readonly publisher: Publisher;
  readonly authenticate: Authenticator;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** `/v1/notifications` */
export function notifications(
  { publisher, authenticate, now }: NotificationsDeps,
): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post("/v1/notifications", describePublish(), async (c) => {
      const { raw } = c.req;
      const name = await authenticate.publisher(c);
      const key = idempotencyKey(raw.headers);
      const format = bodyFormat(raw.headers);
      const body = await readBody(raw, MAX_BODY_WITH_USERS);
      const value = parseBody(body, format);
      if (body.byteLength > MAX_BODY && !hasUsers(value)) throw tooLarge(MAX_BODY);
      // Whether a repeat came in time is for the call that it repeats.
      const asked = publication(value, { now: key === undefined ? now() : undefined });
      c.get("spend")?.(costOf(asked, body.byteLength));
      const repeatable = key === undefined ? asked : {
        ...asked,
        idempotency: idempotency({ publisher: name, key, body }),
      };
      return answer(await publisher.publish(repeatable));
    })
    .all("/v1/notifications", otherMethods("POST"));
}

/** Of a body that names its recipients, the notification is what is left without their names. */
function costOf({ streams }: Publication, bytes: number): number {
  const names = streams.reduce((sum, { length }) => sum + length, 0);
  return costOfPublishing({ recipients: streams.length, bytes: Math.max(0, bytes - names) });
}

function hasUsers(value: unknown): boolean {
  const { to } = Object(value) as { to?: unknown };
  return Object.hasOwn(Object(to), "users");
}

const JSON_HEADERS = { "content-type": "application/json" };
const REPLAYED_HEADERS = { ...JSON_HEADERS, "idempotent-replayed": "true" };

function answer({ id, deliveries, sendAt, replayed }: Published): Response {
  let json = `{"id":"${id}","deliveries":[`;
  let separator = "";
  for (const { stream, seq } of deliveries) {
    json += `${separator}{"stream":${JSON.stringify(stream)},"seq":${seq}}`;
    separator = ",";
  }
  json += sendAt === undefined ? "]}" : `],"sendAt":"${new Date(sendAt).toISOString()}"}`;
  const headers = replayed ? REPLAYED_HEADERS : JSON_HEADERS;
  return new Response(json, { status: sendAt === undefined ? 201 : 202, headers });
}

function describePublish() {
  return describeRoute({
    operationId: "publishNotification",
    summary: "Publish a notification",
    description: "Answered after the commit is on disk. The body may be at most 64 KiB, " +
      "256 KiB with `to.users`; what is stored of it at most 48 KiB. `data` in CBOR may hold byte " +
      "strings; devices that speak JSON get them as base64url texts.",
    tags: ["publisher"],
    security: PUBLISHER,
    parameters: [IDEMPOTENCY_KEY],
    requestBody: notificationBody(),
    responses: {
      201: {
        description: "Published: every recipient has it or will get it.",
        headers: REPLAYED,
        content: { "application/json": { schema: resolver(publishedSchema) } },
      },
      202: {
        description: "Stored: it will be sent at `sendAt`, unless it is recalled before.",
        headers: REPLAYED,
        content: { "application/json": { schema: resolver(scheduledSchema) } },
      },
      ...callProblems(400, 409, 413, 415, 422),
    },
  });
}
