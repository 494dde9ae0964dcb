import { EVERYONE, type StreamName, topicStream, userStream } from "../domain/stream_name.ts";
import { InvalidRequest, NotSupportedYet } from "./errors.ts";
import { describeIssues } from "./issues.ts";
import { type Notification, notificationSchema } from "./notification.ts";
import { parseRfc3339 } from "./rfc3339.ts";

/** A notification that may be published, with what the schema alone can't tell worked out. */
export interface ParsedNotification {
  readonly notification: Notification;
  /** Where it goes: the recipients' streams without duplicates, or a topic's. */
  readonly streams: readonly StreamName[];
  /** The `expiresAt` field in milliseconds since the epoch; a `ttl` counts from the id's time. */
  readonly expiresAt?: number;
}

/**
 * Checks a notification as it came out of `JSON.parse`.
 *
 * @param value anything
 * @param now milliseconds since the epoch
 * @throws {InvalidRequest} with all that is wrong
 * @throws {NotSupportedYet} for what the contract has and this version has not
 */
export function parseNotification(value: unknown, now: number): ParsedNotification {
  const result = notificationSchema.safeParse(value);
  if (!result.success) throw invalid(describeIssues(result.error.issues, value));
  const notification = result.data;
  const { to, ttl, sendAt } = notification;

  const issues = [];
  let expiresAt: number | undefined;
  if (notification.expiresAt !== undefined) {
    expiresAt = parseRfc3339(notification.expiresAt);
    if (ttl !== undefined) {
      issues.push({ path: "expiresAt", message: "must not be given together with ttl" });
    } else if (expiresAt === undefined) {
      issues.push({ path: "expiresAt", message: "must be an RFC 3339 time" });
    } else if (expiresAt <= now) {
      issues.push(PAST);
    }
  }
  if (sendAt !== undefined && parseRfc3339(sendAt) === undefined) {
    issues.push({ path: "sendAt", message: "must be an RFC 3339 time" });
  }
  if (issues.length > 0) throw invalid(issues);

  if (sendAt !== undefined) throw new NotSupportedYet("sendAt");

  return {
    notification,
    streams: streamsOf(to),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/**
 * Refuses what has expired by the time that it counts as published. For a repeat of an earlier call
 * that is the earlier call's time.
 *
 * @throws {InvalidRequest}
 */
export function refuseExpired({ expiresAt }: ParsedNotification, publishedAt: number): void {
  if (expiresAt !== undefined && expiresAt <= publishedAt) throw invalid([PAST]);
}

const PAST = { path: "expiresAt", message: "must lie in the future" };

function invalid(issues: InvalidRequest["issues"]): InvalidRequest {
  return new InvalidRequest("The notification is not valid", issues);
}

function streamsOf({ user, users, topic }: Notification["to"]): readonly StreamName[] {
  if (user !== undefined) return [userStream(user)];
  if (users !== undefined) return [...new Set(users)].map(userStream);
  return [topic === undefined ? EVERYONE : topicStream(topic)];
}
