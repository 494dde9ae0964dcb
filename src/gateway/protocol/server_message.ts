import * as z from "zod";
import type { ServerMessage } from "../../../protocol/messages.ts";
import { TOPIC_PATTERN } from "../../domain/stream_name.ts";
import { countsSchema, itemFields } from "../../schemas/item_schema.ts";
import { CloseCode } from "./close_code.ts";

/*
 * What `frames.ts` writes, for documents and for tests. The service itself does not check what it
 * sends: it is put together from pieces of JSON.
 */

const stream = z.union([
  z.literal("user"),
  z.templateLiteral(["topic:", z.string().regex(TOPIC_PATTERN)]),
]).meta({ id: "Stream", description: "`user` for the user's own, or `topic:<name>`." });

const seq = z.int().min(0);
const epoch = z.string().meta({ description: "Names the incarnation of the stream; opaque." });
const oldest = seq.meta({
  description: "Number of the oldest item that the stream still has.",
});
const ref = z.union([z.string(), z.number()]).meta({ description: "That of the request." });

const item = z.object(itemFields)
  .meta({ id: "Item", description: "A notification as its recipient gets it." });
const numberedItem = z.object({ seq, ...itemFields })
  .meta({ id: "NumberedItem", description: "An item with its number in the stream." });

/** Every message that the server sends, by its type. */
export const serverMessages = {
  welcome: z.object({
    type: z.literal("welcome"),
    session: z.string(),
    user: z.string(),
    heartbeatMs: z.int().min(1),
    expiresAt: z.string().meta({ format: "date-time", description: "The token's end." }),
    now: z.string().meta({
      format: "date-time",
      description: "The service's time. Use it instead of the device's clock, which may be wrong.",
    }),
    streams: z.record(z.string(), z.object({ epoch, seq, oldest })),
    counts: countsSchema,
  }),
  notification: z.object({
    type: z.literal("notification"),
    stream,
    seq,
    live: z.boolean().meta({
      description: "False for an event that the device missed while it was away.",
    }),
    item,
    counts: countsSchema,
    oldest: oldest.optional(),
  }),
  change: z.object({
    type: z.literal("change"),
    stream,
    seq,
    live: z.boolean().meta({
      description: "False for an event that the device missed while it was away.",
    }),
    op: z.enum([
      ...["read", "unread", "seen", "archive", "unarchive", "delete"] as const,
      ...["replace", "expire", "recall", "join", "leave"] as const,
    ]),
    items: z.array(seq).optional().meta({
      description: "Numbers of the items that the change concerns.",
    }),
    upTo: seq.optional().meta({ description: "Every item up to it." }),
    target: stream.optional().meta({ description: "The topic that the change concerns." }),
    granted: z.boolean().optional().meta({ description: "True for a join that a publisher made." }),
    counts: countsSchema,
  }),
  caughtUp: z.object({
    type: z.literal("caughtUp"),
    stream,
    seq,
    oldest,
    counts: countsSchema,
  }),
  reset: z.object({
    type: z.literal("reset"),
    stream,
    reason: z.enum(["trimmed", "epoch", "new"]),
    items: z.array(numberedItem).max(50).meta({
      description: "Items of the stream, newest first.",
    }),
    epoch,
    seq,
    counts: countsSchema,
  }),
  ok: z.object({ type: z.literal("ok"), ref }),
  error: z.object({
    type: z.literal("error"),
    ref: ref.optional(),
    code: z.string().meta({ description: "Stable code that a program may decide by." }),
    message: z.string(),
  }),
  ping: z.object({ type: z.literal("ping") }),
  disconnect: z.object({
    type: z.literal("disconnect"),
    code: z.literal(Object.values(CloseCode)),
    reason: z.string(),
    reconnect: z.boolean(),
    retryAfterMs: z.number().min(0).optional(),
  }),
} satisfies Record<ServerMessage["type"], z.ZodType>;
