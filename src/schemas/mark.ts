import { z } from "zod";
import type { MarkMessage } from "../../protocol/messages.ts";
import { TOPIC_PATTERN } from "../domain/stream_name.ts";
import type { ChangeScope } from "../domain/event.ts";
import type { TopicStream } from "../domain/stream_name.ts";
import { ITEMS_MAX } from "./mark_items.ts";

const STREAMS_MAX = 101;

const seq = z.int().min(0);

/** `user`, or `topic:` and the topic. */
const stream = z.union([
  z.literal("user"),
  z.templateLiteral(["topic:", z.string().regex(TOPIC_PATTERN)]),
], { error: "must be `user` or `topic:<name>`" }).meta({
  description: "`user`, the default, or `topic:<name>`.",
});

const op = z.enum(["read", "unread", "seen", "archive", "unarchive", "delete"], {
  error: "must be read, unread, seen, archive, unarchive or delete",
});

const streams = z.record(z.string(), seq).refine(
  (record) => {
    const names = Object.keys(record);
    return names.length > 0 && names.length <= STREAMS_MAX &&
      names.every((name) => stream.safeParse(name).success);
  },
  { error: "must name streams: `user` or `topic:<name>`, 1 to 101 of them" },
).meta({
  propertyNames: { pattern: "^(user|topic:[A-Za-z0-9._:@-]{1,128})$" },
  minProperties: 1,
  maxProperties: STREAMS_MAX,
});

/** The fields of a mark, which the socket and the REST call share. */
export const markFields = {
  op: op.meta({ description: "What happens to the items." }),
  items: z.array(z.int().min(1)).min(1).max(ITEMS_MAX).optional()
    .meta({ description: "Items by `seq`; `seen` means up to the largest." }),
  upTo: z.union([seq, streams]).optional().meta({
    description:
      "Every item up to this `seq`, and none that came after it; or an object with one " +
      "such number for each of several streams.",
  }),
  stream: stream.optional(),
};

/** What makes a mark of its fields, once each of them is right by itself. */
export function isOneScope(
  { items, upTo, stream }: { items?: unknown; upTo?: unknown; stream?: unknown },
): boolean {
  if ((items === undefined) === (upTo === undefined)) return false;
  return typeof upTo !== "object" || stream === undefined;
}

export const ONE_SCOPE =
  "Give either `items` or `upTo`, and no `stream` where `upTo` names streams";

/** A mark as `POST /v1/inbox/marks` takes it. */
export const markSchema = z.strictObject(markFields)
  .refine(isOneScope, { error: ONE_SCOPE })
  .meta({
    id: "Mark",
    description: "What a user makes of items: those in `items`, or all up to `upTo`.",
    oneOf: [{ required: ["items"] }, { required: ["upTo"] }],
    // A stream is named once, by `stream` or in `upTo`.
    not: { required: ["stream", "upTo"], properties: { upTo: { type: "object" } } },
  });

/** The streams that a mark concerns, each with what it reaches there. */
export function targetsOf(
  { items, upTo, stream = "user" }: Omit<MarkMessage, "type" | "ref" | "op">,
): { readonly stream: "user" | TopicStream; readonly scope: ChangeScope }[] {
  if (items !== undefined) return [{ stream, scope: { items } }];
  if (typeof upTo !== "object") return [{ stream, scope: { upTo: upTo ?? 0 } }];
  return Object.entries(upTo).map(([name, upTo]) => (
    { stream: name as "user" | TopicStream, scope: { upTo } }
  ));
}
