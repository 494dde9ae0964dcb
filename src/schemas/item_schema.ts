import { z } from "zod";

/** A user's totals. */
export const countsSchema = z.object({
  unread: z.int().min(0).meta({ description: "Neither read nor archived." }),
  unseen: z.int().min(0).meta({ description: "Those of them not yet seen." }),
}).meta({ id: "Counts", description: "The user's totals over all streams." });

const itemAction = z.object({
  id: z.string(),
  label: z.string(),
  url: z.string().optional(),
}).meta({ id: "ItemAction", description: "What the user can do." });

/** What a recipient gets of a notification: what was published, and what became of it. */
export const itemFields = {
  id: z.string().meta({ format: "uuid", description: "Id of the notification (UUIDv7)." }),
  title: z.string(),
  body: z.string().optional(),
  url: z.string().optional(),
  icon: z.string().optional(),
  image: z.string().optional(),
  category: z.string(),
  priority: z.enum(["low", "normal", "high", "urgent"]),
  data: z.unknown().optional(),
  binary: z.array(z.string()).optional().meta({
    description: "In JSON: which texts of `data` are byte strings, as JSON Pointers (RFC 6901).",
  }),
  actions: z.array(itemAction).optional(),
  collapseKey: z.string().optional(),
  from: z.string().optional().meta({ description: "The user who has published it." }),
  publishedAt: z.string().meta({ format: "date-time" }),
  expiresAt: z.string().optional().meta({ format: "date-time" }),
  read: z.boolean(),
  seen: z.boolean(),
  archived: z.boolean(),
};
