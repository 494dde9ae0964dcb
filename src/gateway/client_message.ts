import * as z from "zod";

const token = z.string().min(1).max(8192);
const ref = z.union([z.string().max(128), z.number()]);

const cursor = z.object({ epoch: z.string().max(128), seq: z.int().min(0) });

/** Where a device stands in each stream; streams that the server does not know are ignored. */
const resume = z.record(z.string().max(160), cursor);

/** What a client may send; fields that are not listed are ignored. */
export const clientMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    token: token.optional(),
    device: z.string().max(128).optional(),
    resume: resume.optional(),
  }),
  z.object({ type: z.literal("refresh"), token, ref: ref.optional() }),
  z.object({ type: z.literal("pong") }),
]);

export type ClientMessage = z.infer<typeof clientMessage>;
export type Hello = Extract<ClientMessage, { type: "hello" }>;
export type Refresh = Extract<ClientMessage, { type: "refresh" }>;

/** Messages of the protocol that this version does not carry out yet. */
const NOT_YET = new Set(["mark", "subscribe", "unsubscribe", "publish"]);

/** Why a message is not carried out; `message` holds nothing of what was sent. */
export interface Rejected {
  readonly code: "invalid_request" | "not_supported_yet";
  readonly message: string;
  readonly ref?: string | number;
}

/**
 * Reads one message. A message that is not one of the protocol is told apart from one that is not
 * well formed, and its `ref` is found either way, so that the sender learns which it was.
 */
export function readMessage(value: unknown): ClientMessage | { rejected: Rejected } {
  const parsed = clientMessage.safeParse(value);
  if (parsed.success) return parsed.data;
  const envelope = z.object({ type: z.string(), ref: ref.optional() }).safeParse(value);
  if (!envelope.success) {
    return rejected({ code: "invalid_request", message: "A message is an object with a `type`" });
  }
  const { type, ref: given } = envelope.data;
  const named = given === undefined ? {} : { ref: given };
  if (NOT_YET.has(type)) {
    const message = `\`${type}\` is not supported yet by this version`;
    return rejected({ code: "not_supported_yet", message, ...named });
  }
  // Only the first step of a path is surely a name of ours; deeper ones can be the sender's.
  const fields = new Set(parsed.error.issues.map(({ path }) => String(path[0] ?? "")));
  const message = fields.has("type")
    ? "There is no message of this `type`"
    : `These fields are not as the protocol says: ${[...fields].join(", ")}`;
  return rejected({ code: "invalid_request", message, ...named });
}

/** The `ref` of a message that is not looked at any closer. */
export function refOf(value: unknown): string | number | undefined {
  return ref.safeParse((Object(value) as { ref?: unknown }).ref).data;
}

function rejected(reason: Rejected): { rejected: Rejected } {
  return { rejected: reason };
}
