import { z } from "zod";
import {
  isUserId,
  TOPIC_FORM,
  TOPIC_PATTERN,
  USER_ID_FORM,
  USER_ID_MAX,
} from "../domain/stream_name.ts";
import { ExactData } from "../encoding/exact_data.ts";
import { link } from "./link.ts";
import { seenText, text } from "./text.ts";
import { createHash } from "node:crypto";

/** The most recipients of one notification. */
export const MAX_USERS = 1000;
/** Characters of texts and links. */
export const TITLE_MAX = 200;
export const BODY_MAX = 4000;
export const LINK_MAX = 4000;
/** From the least to the most disturbing. */
export const PRIORITIES = ["low", "normal", "high", "urgent"] as const;
/** A hundred years: keeps every expiry within what RFC 3339 can say. */
const MAX_TTL_SECONDS = 100 * 365 * 86_400;
/** The form of `category`, here and where the inbox is asked for one. */
export const CATEGORY_PATTERN = /^[a-z0-9._-]{1,64}$/;

/** A user's id in a body. */
export const userId = () =>
  z.string().refine(isUserId, { error: USER_ID_FORM })
    .meta({ minLength: 1, maxLength: USER_ID_MAX });

const time = () =>
  z.string().max(40, { error: "must be an RFC 3339 time" }).meta({ format: "date-time" });

const recipients = z.strictObject({
  user: userId().exactOptional().meta({
    description: "Id of the one user who gets the notification.",
    examples: ["ada"],
  }),
  users: z.array(userId()).min(1).max(MAX_USERS).exactOptional()
    .meta({ description: "Several users; one that is named twice gets it once." }),
  topic: z.string().regex(TOPIC_PATTERN, { error: TOPIC_FORM }).exactOptional().meta({
    description: "A topic: whoever has joined it.",
  }),
  everyone: z.literal(true).exactOptional()
    .meta({ description: "Every user there is: `true`." }),
}).refine((to) => Object.keys(to).length === 1, {
  error: "must name exactly one of user, users, topic, everyone",
}).meta({
  id: "Recipients",
  description: "Recipients of the notification: exactly one of the fields.",
  minProperties: 1,
  maxProperties: 1,
  examples: [{ user: "ada" }],
});

const action = z.strictObject({
  id: text(64).meta({ description: "What the device reports when it is chosen." }),
  label: seenText(64).meta({ description: "What the device shows.", examples: ["Open"] }),
  url: link(2000).exactOptional().meta({ description: "Address that a click opens." }),
}).meta({ id: "Action", description: "What the user can do." });

/** A notification as it is published. */
export const notificationSchema = z.strictObject({
  to: recipients,
  title: seenText(TITLE_MAX).meta({
    description: "Headline of the notification, without markup.",
    examples: ["Build finished"],
  }),
  body: text(BODY_MAX, 0).exactOptional().meta({ description: "Plain text below the headline." }),
  url: link(LINK_MAX).exactOptional().meta({
    description: "Where it leads: an http(s) URL, or a path on the page's own site.",
    examples: ["/builds/41"],
  }),
  icon: text(4000, 0).exactOptional().meta({ description: "Address of a small picture." }),
  image: text(4000, 0).exactOptional().meta({ description: "Address of a large picture." }),
  category: z.string().regex(CATEGORY_PATTERN, { error: "must be 1–64 of a–z 0–9 . _ -" })
    .default("general")
    .meta({ description: "What kind it is; the inbox can be filtered by it." }),
  priority: z.enum(PRIORITIES).default("normal")
    .meta({ description: "How much it may disturb." }),
  data: z.unknown()
    .refine((value) => value === undefined || isExact(value), { error: "is not valid" })
    .exactOptional()
    .meta({
      description:
        "Anything for the device, at most 16 KiB as JSON. What can't be kept exactly is " +
        "refused: whole numbers beyond 2^53, numbers with more digits than a 64-bit float keeps, " +
        "names that are there twice, half surrogate pairs. Send such values as strings.",
    }),
  actions: z.array(action).max(3).exactOptional().meta({ description: "What the user can do." }),
  collapseKey: text(128).exactOptional()
    .meta({ description: "Replaces the recipient's earlier notification with the same key." }),
  ttl: z.int().min(1).max(MAX_TTL_SECONDS).exactOptional()
    .meta({ description: "Seconds until it is gone from every device.", examples: [3600] }),
  expiresAt: time().exactOptional()
    .meta({ description: "When it is gone from every device; instead of ttl." }),
  sendAt: time().exactOptional()
    .meta({ description: "When it is sent, at most a year ahead; a ttl counts from then." }),
}).meta({ id: "Notification", description: "A notification as it is published." });

/** A notification as it is published, defaults filled in. */
export type Notification = Omit<z.output<typeof notificationSchema>, "data"> & {
  readonly data?: ExactData;
};

/** Whether a value is `data` that can be kept. */
export function isExact(value: unknown): value is ExactData {
  return value instanceof ExactData && value.issues.length === 0;
}

/**
 * By what a `collapseKey` is told apart in a stream. Users have theirs to themselves: none can make
 * somebody else's notification vanish by naming its key. It does not give the sender away, since rows
 * that name nobody need not be found when a user is erased.
 *
 * @param from the user who published it; a publisher's key is taken as it is
 */
export function collapseId(collapseKey: string, from: string | undefined): string {
  if (from === undefined) return collapseKey;
  return createHash("sha256").update(JSON.stringify([from, collapseKey])).digest("base64url");
}
