import { isText } from "../schemas/text.ts";

/** The most characters of a `jti`. */
export const JTI_MAX = 1000;

/**
 * Whether a `jti` is one that the service takes. Tokens and revocations are held to the same form: a
 * token that nobody can revoke is refused.
 */
export function isJti(value: unknown): value is string {
  return isText(value, JTI_MAX);
}
