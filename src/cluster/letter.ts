import { utf8 } from "../store/codec/bytes.ts";
import { keys } from "../store/keys.ts";
import type { KvMutation } from "../kv/kv.ts";

/** Mail is read within seconds; after so long nobody reads it any more. */
const MAIL_EXPIRES_MS = 3_600_000;
const WAKE_EXPIRES_MS = 86_400_000;

/**
 * The rows that bring something to another instance: into its mailbox, and a ring of its bell.
 *
 * @param letter `id`: a new UUIDv7, since mail under random keys would cost the most; `content`: what
 * `encodeMail` made
 */
export function letter(
  { to, id, content }: { to: string; id: string; content: Uint8Array<ArrayBuffer> },
): readonly KvMutation[] {
  return [
    { kind: "set", key: keys.mail(to, id), value: content, expireIn: MAIL_EXPIRES_MS },
    { kind: "set", key: keys.wake(to), value: utf8(id), expireIn: WAKE_EXPIRES_MS },
  ];
}
