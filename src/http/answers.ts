import { z } from "zod";
import { countsSchema, itemFields } from "../schemas/item_schema.ts";
import { PROBLEMS } from "./problem.ts";

/** Where one copy of a notification went. */
const delivery = z.object({
  stream: z.string().meta({ examples: ["user:ada"] }),
  seq: z.int().min(1).meta({ description: "Number of the notification in that stream." }),
}).meta({ id: "Delivery" });

/** The answer to a publish. */
export const publishedSchema = z.object({
  id: z.string().meta({ format: "uuid", description: "Id of the notification (UUIDv7)." }),
  deliveries: z.array(delivery),
}).meta({ id: "Published" });

/** The answer to a publish with `sendAt`. */
export const scheduledSchema = z.object({
  id: z.string().meta({ format: "uuid", description: "Id of the notification (UUIDv7)." }),
  deliveries: z.array(delivery).max(0).meta({
    description: "Empty list: no recipient has the notification yet.",
  }),
  sendAt: z.string().meta({ format: "date-time" }),
}).meta({ id: "Scheduled" });

/** What became of one copy of a notification. */
const deliveryStatus = z.object({
  stream: z.string().meta({ examples: ["user:ada"] }),
  seq: z.int().min(1).nullable().meta({
    description: "Number in that stream; null until the notification is sent.",
  }),
  read: z.boolean().nullable().optional().meta({
    description: "For a user: whether it was read; null where it is not in the inbox (any more).",
  }),
}).meta({ id: "DeliveryStatus" });

/** How far a notification has come, and a page of its recipients. */
export const statusSchema = z.object({
  id: z.string().meta({ format: "uuid" }),
  state: z.enum(["scheduled", "sending", "sent", "expired", "recalled"]).meta({
    description: "`sending`: cut short, and not repeated yet. `recalled`: also before it was sent.",
  }),
  sendAt: z.string().optional().meta({ format: "date-time" }),
  expiresAt: z.string().optional().meta({ format: "date-time" }),
  deliveries: z.array(deliveryStatus).meta({
    description: "Recipients, in the order in which the publisher named them.",
  }),
  next: z.string().nullable().meta({
    description: "Cursor of the next page; null on the last page.",
  }),
}).meta({ id: "NotificationStatus" });

/** A notification as its recipient gets it. */
export const inboxItemSchema = z.looseObject({
  stream: z.string().meta({ examples: ["user"] }),
  seq: z.int().min(1),
  ...itemFields,
}).meta({
  id: "InboxItem",
  description: "A notification with all the fields it was published with, and its state.",
});

/** One page of an inbox. */
export const inboxPageSchema = z.object({
  items: z.array(inboxItemSchema).meta({ description: "Items of the stream, newest first." }),
  counts: countsSchema,
  next: z.string().nullable().meta({
    description: "Cursor of the next page; null on the last page.",
  }),
}).meta({ id: "InboxPage" });

/** What is wrong with one field of a request. */
const issue = z.object({
  path: z.string().meta({ examples: ["to.user"] }),
  message: z.string(),
}).meta({ id: "Issue" });

/** The statuses that an answer may have. */
const httpStatus = z.int().min(100).max(599);

/** RFC 9457. */
export const problemSchema = z.object({
  type: z.literal("about:blank"),
  title: z.string(),
  status: httpStatus,
  code: z.enum(Object.keys(PROBLEMS) as [keyof typeof PROBLEMS]).meta({
    description: "Stable code that a program may decide by.",
  }),
  detail: z.string(),
  errors: z.array(issue).optional().meta({
    description: "What is wrong with the request, field by field.",
  }),
}).meta({ id: "Problem" });

/** What became of one notification of a batch. */
const batchResult = z.object({
  status: httpStatus.meta({ description: "As if it had been published alone." }),
  id: z.string().optional().meta({ format: "uuid" }),
  error: problemSchema.optional(),
}).meta({ id: "BatchResult" });

/** The answer to a batch. */
export const batchResultsSchema = z.object({
  results: z.array(batchResult).meta({
    description: "Results of the notifications, in the same order.",
  }),
}).meta({ id: "BatchResults" });

/** The answer of `/live` and `/ready`. */
export const serviceStatusSchema = z.object({
  status: z.enum(["live", "ready"]),
}).meta({ id: "ServiceStatus" });
