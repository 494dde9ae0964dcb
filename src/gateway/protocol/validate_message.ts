import * as z from "zod";
import type { ClientMessage } from "../../../protocol/messages.ts";
import { isOneScope, ONE_SCOPE } from "../../schemas/mark.ts";
import { parseWithItems } from "../../schemas/mark_items.ts";
import { notificationSchema } from "../../schemas/notification.ts";
import { clientMessage, clientMessages, ref, token } from "./client_message.ts";

/** What `publish` may hold besides its own fields. */
const { to: _, ...notificationFields } = notificationSchema.shape;
const PUBLISH_FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(clientMessages.publish.shape),
  ...Object.keys(notificationFields),
]);

/** Why a message is not carried out; `message` holds nothing of what was sent. */
export interface Rejected {
  readonly code: "invalid_request";
  readonly message: string;
  readonly ref?: string | number;
}

/** What was made of one message. */
export type ValidatedMessage =
  | { readonly accepted: ClientMessage; readonly rejected?: undefined }
  | { readonly accepted?: undefined; readonly rejected: Rejected };

/**
 * Reads one message. A message that is not one of the protocol is told apart from one that is not
 * well formed, and its `ref` is found either way, so that the sender learns which it was. Fields that
 * are not known are left out: the message may have to wait, and they could be large.
 */
export function validateMessage(value: unknown): ValidatedMessage {
  const parsed = parseWithItems(value, (value) => clientMessage.safeParse(value));
  if (parsed.success) {
    const { data } = parsed;
    if (data.type === "publish") return { accepted: onlyKnown(data) };
    if (data.type !== "mark" || isOneScope(data)) return { accepted: data };
    return rejected({
      code: "invalid_request",
      message: ONE_SCOPE,
      ...(data.ref === undefined ? {} : { ref: data.ref }),
    });
  }
  const envelope = z.object({ type: z.string(), ref: ref.optional() }).safeParse(value);
  if (!envelope.success) {
    return rejected({ code: "invalid_request", message: "A message is an object with a `type`" });
  }
  const { ref: given } = envelope.data;
  const named = given === undefined ? {} : { ref: given };
  // Only the first step of a path is surely a name of ours; deeper ones can be the sender's.
  const fields = new Set(parsed.error.issues.map(({ path }) => String(path[0] ?? "")));
  const message = fields.has("type")
    ? "There is no message of this `type`"
    : `These fields are not as the protocol says: ${[...fields].join(", ")}`;
  return rejected({ code: "invalid_request", message, ...named });
}

/** Just what has to be known of a `hello` before its token is checked. */
const helloToken = z.object({ type: z.literal("hello"), token: token.optional() });

/**
 * The token of a `hello`, whose other fields are not looked at: before the token is checked nothing is
 * done that takes long. Undefined for what is no `hello`, or has a token that can't be one.
 */
export function readHello(value: unknown): { readonly token?: string | undefined } | undefined {
  return helloToken.safeParse(value).data;
}

function onlyKnown<T extends object>(publish: T): T {
  const known = Object.entries(publish).filter(([name]) => PUBLISH_FIELDS.has(name));
  return Object.fromEntries(known) as T;
}

/** The `ref` of a message that is not looked at any closer. */
export function refOf(value: unknown): string | number | undefined {
  return ref.safeParse((Object(value) as { ref?: unknown }).ref).data;
}

function rejected(reason: Rejected): ValidatedMessage {
  return { rejected: reason };
}
