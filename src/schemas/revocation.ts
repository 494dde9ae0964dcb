import { z } from "zod";
import type { UserId } from "../domain/stream_name.ts";
import { describeIssues } from "./issues.ts";
import { userId } from "./notification.ts";
import { parseRfc3339 } from "./rfc3339.ts";
import { text } from "./text.ts";
import { type Issue, ServiceError } from "../errors.ts";
import { JTI_MAX } from "../auth/token_claims.ts";

/** Clocks that differ, and somebody who prepares something for the night, are within a day. */
const MAX_AHEAD_MS = 86_400_000;
const TIME = "must be an RFC 3339 time, or seconds since 1970 as in `iat`";

/** Which tokens to refuse, as it is asked for. */
export const revocationSchema = z.strictObject({
  jti: text(JTI_MAX).exactOptional()
    .meta({ description: "The `jti` of one token." }),
  user: userId().exactOptional()
    .meta({ description: "A user's id, with issuedBefore.", examples: ["ada"] }),
  issuedBefore: z.union([z.string().max(40), z.number()], { error: TIME })
    .exactOptional().meta({
      description: "Tokens whose `iat` is at most five seconds after this time, or that have " +
        "none, are refused: an RFC 3339 time, or seconds since 1970. At most a day ahead.",
      examples: ["2026-05-01T08:00:00Z"],
    }),
}).refine((body) => Object.keys(body).sort().join() in FORMS, {
  error: "must be either jti, or user and issuedBefore",
}).meta({
  id: "Revocation",
  oneOf: [
    { required: ["jti"], maxProperties: 1 },
    { required: ["user", "issuedBefore"], maxProperties: 2 },
  ],
  description: "Which tokens to refuse: `jti`, or `user` and `issuedBefore`.",
});

const FORMS: Record<string, true> = { "jti": true, "issuedBefore,user": true };

/** Which tokens to refuse. */
export type RevocationRequest =
  | { readonly jti: string }
  /** `issuedBefore` in milliseconds since the epoch. */
  | { readonly user: UserId; readonly issuedBefore: number };

/**
 * Checks a revocation as it came out of `JSON.parse`.
 *
 * @param now milliseconds since the epoch
 * @throws {ServiceError} `invalid_request` with all that is wrong
 */
export function parseRevocation(value: unknown, now: number): RevocationRequest {
  const result = revocationSchema.safeParse(value);
  if (!result.success) throw invalid(describeIssues(result.error.issues, value));
  const { jti, user, issuedBefore } = result.data;
  if (jti !== undefined) return { jti };
  const time = typeof issuedBefore === "number"
    ? issuedBefore * 1000
    : parseRfc3339(issuedBefore ?? "");
  if (user === undefined || time === undefined || !(time >= 0)) {
    throw invalid([{ path: "issuedBefore", message: TIME }]);
  }
  if (time > now + MAX_AHEAD_MS) {
    throw invalid([{ path: "issuedBefore", message: "must be at most a day ahead" }]);
  }
  return { user, issuedBefore: time };
}

function invalid(issues: Issue[]): ServiceError {
  return new ServiceError("invalid_request", "The revocation is not valid", { issues });
}
