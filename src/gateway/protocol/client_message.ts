import * as z from "zod";
import { TOPIC_PATTERN } from "../../domain/stream_name.ts";
import { markFields } from "../../schemas/mark.ts";

/** One that is too long is refused by whoever checks it, who says why. */
export const token = z.string().min(1);
export const ref = z.union([z.string().max(128), z.number()]);

const cursor = z.object({ epoch: z.string().max(128), seq: z.int().min(0) });

/** Where a device stands in each stream; streams that the server does not know are ignored. */
const resume = z.record(z.string().max(160), cursor);

const topic = z.string().regex(TOPIC_PATTERN);

/** What a client may send, by type; fields that are not listed are ignored. */
export const clientMessages = {
  hello: z.object({
    type: z.literal("hello"),
    token: token.optional(),
    device: z.string().max(128).optional(),
    resume: resume.optional(),
  }),
  refresh: z.object({ type: z.literal("refresh"), token, ref: ref.optional() }),
  pong: z.object({ type: z.literal("pong") }),
  mark: z.object({ type: z.literal("mark"), ref: ref.optional(), ...markFields }),
  subscribe: z.object({ type: z.literal("subscribe"), ref: ref.optional(), topic }),
  unsubscribe: z.object({ type: z.literal("unsubscribe"), ref: ref.optional(), topic }),
  publish: z.looseObject({
    type: z.literal("publish"),
    ref: ref.optional(),
    idempotencyKey: z.string().min(1).max(255).optional(),
    topic,
  }),
};

/** Any of them. */
export const clientMessage = z.discriminatedUnion("type", [
  clientMessages.hello,
  clientMessages.refresh,
  clientMessages.pong,
  clientMessages.mark,
  clientMessages.subscribe,
  clientMessages.unsubscribe,
  clientMessages.publish,
]);
