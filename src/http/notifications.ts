import { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import type { Published, Publisher } from "../store/publisher.ts";
import { encodeItem } from "../wire/encode_item.ts";
import { notificationSchema } from "../wire/notification.ts";
import { parseNotification, refuseExpired } from "../wire/parse_notification.ts";
import { timeOf } from "../wire/uuid_v7.ts";
import { publishedSchema } from "./answers.ts";
import type { Authenticator } from "./authenticate.ts";
import { parseJson, readBody, requireJson, tooLarge } from "./body.ts";
import { problems, PUBLISHER } from "./documented.ts";
import { idempotency, idempotencyKey } from "./idempotency_key.ts";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./request_id.ts";

const MAX_BODY = 64 * 1024;
const MAX_BODY_WITH_USERS = 256 * 1024;

/**
 * From this size of a body on an item might pass what can be stored. Encoding again makes text
 * shorter if anything, and numbers longer only within `data`, whose size is known.
 */
const MAY_BE_TOO_LARGE = 30 * 1024;
const NIL_ID = "00000000-0000-0000-0000-000000000000";

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
      const name = await authenticate.publisher(raw.headers);
      const key = idempotencyKey(raw.headers);
      requireJson(raw.headers);

      const body = await readBody(raw, MAX_BODY_WITH_USERS);
      const value = parseJson(body);
      if (body.byteLength > MAX_BODY && !hasUsers(value)) throw tooLarge(MAX_BODY);
      // Whether a repeat came in time is for the call that it repeats.
      const parsed = parseNotification(value, key === undefined ? now() : -Infinity);
      if (body.byteLength > MAY_BE_TOO_LARGE) encodeItem(parsed, { id: NIL_ID, publishedAt: 0 });

      const published = await publisher.publish({
        streams: parsed.streams,
        item: (id) => {
          const publishedAt = timeOf(id);
          refuseExpired(parsed, publishedAt);
          return encodeItem(parsed, { id, publishedAt });
        },
        ...(key === undefined ? {} : { idempotency: idempotency({ publisher: name, key, body }) }),
      });
      return answer(published);
    })
    .all("/v1/notifications", otherMethods("POST"));
}

function hasUsers(value: unknown): boolean {
  const { to } = Object(value) as { to?: unknown };
  return Object.hasOwn(Object(to), "users");
}

const JSON_HEADERS = { "content-type": "application/json" };
const REPLAYED_HEADERS = { ...JSON_HEADERS, "idempotent-replayed": "true" };

function answer({ id, deliveries, replayed }: Published): Response {
  // Ids and stream names consist of characters that JSON takes as they are.
  let json = `{"id":"${id}","deliveries":[`;
  let separator = "";
  for (const { stream, seq } of deliveries) {
    json += `${separator}{"stream":"${stream}","seq":${seq}}`;
    separator = ",";
  }
  const headers = replayed ? REPLAYED_HEADERS : JSON_HEADERS;
  return new Response(json + "]}", { status: 201, headers });
}

function describePublish() {
  return describeRoute({
    operationId: "publishNotification",
    summary: "Publish a notification",
    description: "Answered after the commit is on disk. The body may be at most 64 KiB, " +
      "256 KiB with `to.users`; what is stored of it at most 48 KiB.",
    tags: ["publisher"],
    security: PUBLISHER,
    parameters: [{
      in: "header",
      name: "Idempotency-Key",
      required: false,
      description: "Makes a repeat harmless for 24 hours: it gets the first answer again.",
      schema: { type: "string", minLength: 1, maxLength: 255 },
    }],
    requestBody: {
      required: true,
      content: { "application/json": { schema: resolver(notificationSchema) } },
    },
    responses: {
      201: {
        description: "Published: every recipient has it or will get it.",
        headers: {
          "Idempotent-Replayed": {
            description: "`true` on the answer to a repeat.",
            schema: { type: "string", enum: ["true"] },
          },
        },
        content: { "application/json": { schema: resolver(publishedSchema) } },
      },
      ...problems(400, 401, 403, 409, 413, 415, 422, 500, 503),
    },
  });
}
