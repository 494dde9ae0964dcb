import { createHash } from "node:crypto";

/**
 * What tells one token secret from the others, and nothing else of it. It is the same in every
 * instance, so that it may be stored with a ticket.
 */
export function secretId(secret: string): string {
  const hash = createHash("sha256").update(`bellwire secret ${secret}`).digest();
  return hash.subarray(0, 16).toString("base64url");
}
