import { type Context, Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import { z } from "zod";
import type { BatchResult, Publication } from "../store/publish/publication.ts";
import type { Publisher } from "../store/publish/publisher.ts";
import { describeIssues } from "../schemas/issues.ts";
import { notificationSchema } from "../schemas/notification.ts";
import { batchResultsSchema } from "./answers.ts";
import type { Authenticator } from "./authenticate.ts";
import { bodyFormat, parseBody, readBody } from "./body.ts";
import { callProblems, IDEMPOTENCY_KEY, PUBLISHER, REPLAYED } from "./documented.ts";
import { otherMethods } from "./methods.ts";
import { type Problem, problemDocument, toProblem } from "./problem.ts";
import { idempotency, idempotencyKey, publication } from "./publication.ts";
import { costOfPublishing } from "../limits/work_cost.ts";
import type { AppEnv } from "./middleware.ts";
import { ServiceError } from "../errors.ts";

const MAX_BODY = 1024 * 1024;
/** The most notifications of one call. */
const MAX_ENTRIES = 100;

const batchSchema = z.strictObject({
  notifications: z.array(z.unknown()).min(1).max(MAX_ENTRIES),
});
/** Says what each entry should be; one that is not has an error of its own. */
const documentedBatchSchema = z.strictObject({
  notifications: z.array(notificationSchema).min(1).max(MAX_ENTRIES)
    .meta({ description: "A recipient of several gets them in this order." }),
}).meta({ id: "Batch" });

/** What publishing many at once needs. */
export interface BatchDeps {
  readonly publisher: Publisher;
  readonly authenticate: Authenticator;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of each entry that was refused; an error that nobody foresaw is among them. */
  readonly onEntryRefused: (c: Context<AppEnv>, problem: Problem, error: unknown) => void;
}

/** `/v1/notifications/batch` */
export function batch(
  { publisher, authenticate, now, onEntryRefused }: BatchDeps,
): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post("/v1/notifications/batch", describeBatch(), async (c) => {
      const { raw } = c.req;
      const name = await authenticate.publisher(c);
      const key = idempotencyKey(raw.headers);
      const format = bodyFormat(raw.headers);
      const body = await readBody(raw, MAX_BODY);
      const value = parseBody(body, format);
      const parsed = batchSchema.safeParse(value);
      if (!parsed.success) {
        const issues = describeIssues(parsed.error.issues, value);
        throw new ServiceError("invalid_request", "The batch is not valid", { issues });
      }
      // Whether a repeat came in time is for the call that it repeats.
      const at = key === undefined ? now() : undefined;
      const entries = parsed.data.notifications.map((entry) =>
        orRefusal(() => publication(entry, { now: at }))
      );
      const recipients = entries.reduce((sum, { streams }) => sum + streams.length, 0);
      const bytes = body.byteLength / Math.max(1, entries.length);
      c.get("spend")?.(costOfPublishing({ recipients, bytes }));
      const { results, replayed } = await publisher.publishAll({
        entries,
        ...(key === undefined ? {} : { idempotency: idempotency({ publisher: name, key, body }) }),
      });
      const encoded = results.map((result) =>
        encode(result, (problem, error) => onEntryRefused(c, problem, error))
      );
      const headers = { "content-type": "application/json" };
      return new Response(`{"results":[${encoded.join(",")}]}`, {
        headers: replayed ? { ...headers, "idempotent-replayed": "true" } : headers,
      });
    })
    .all("/v1/notifications/batch", otherMethods("POST"));
}

/** What is not valid keeps its place, so that each entry has its own id in every repeat. */
function orRefusal(make: () => Publication): Publication {
  try {
    return make();
  } catch (error) {
    const item = () => {
      throw error;
    };
    return { streams: [], item };
  }
}

function encode(
  result: BatchResult,
  onRefused: (problem: Problem, error: unknown) => void,
): string {
  if ("published" in result) {
    const { id, sendAt } = result.published;
    return `{"status":${sendAt === undefined ? 201 : 202},"id":"${id}"}`;
  }
  const error = "refused" in result ? result.refused : result.failed;
  const problem = toProblem(error);
  onRefused(problem, error);
  const document = problemDocument(problem);
  return JSON.stringify({ status: document.status, error: document });
}

function describeBatch() {
  const schema = resolver(documentedBatchSchema);
  return describeRoute({
    operationId: "publishBatch",
    summary: "Publish up to 100 notifications",
    description:
      "Each on its own: one that can't be published has an error and holds up no other. " +
      "The body may be at most 1 MiB. The Idempotency-Key is for the call as a whole; a repeat of one " +
      "that was cut short, or in which an entry has a status of 5xx, publishes what is missing.",
    tags: ["publisher"],
    security: PUBLISHER,
    parameters: [IDEMPOTENCY_KEY],
    requestBody: {
      required: true,
      content: { "application/json": { schema }, "application/cbor": { schema } },
    },
    responses: {
      200: {
        description: "What became of each.",
        headers: REPLAYED,
        content: { "application/json": { schema: resolver(batchResultsSchema) } },
      },
      ...callProblems(400, 409, 413, 415, 422),
    },
  });
}
