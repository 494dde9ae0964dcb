import { EVERYONE, type StreamName, topicStream, userStream } from "../domain/stream_name.ts";
import { describeIssues } from "./issues.ts";
import { type Notification, notificationSchema } from "./notification.ts";
import { parseRfc3339 } from "./rfc3339.ts";
import { usualNotification } from "./usual_notification.ts";
import { type Issue, ServiceError } from "../errors.ts";

/** A notification that may be published, with what the schema alone can't tell worked out. */
export interface ParsedNotification {
  readonly notification: Notification;
  /** Where it goes: the recipients' streams without duplicates, or a topic's. */
  readonly streams: readonly StreamName[];
  /** The `expiresAt` field in milliseconds since the epoch; a `ttl` counts from when it is sent. */
  readonly expiresAt?: number | undefined;
  /** The `sendAt` field in milliseconds since the epoch. */
  readonly sendAt?: number | undefined;
}

/** So far ahead a notification may be sent: a year, however long. */
const AHEAD_MAX_MS = 366 * 86_400_000;

/**
 * Checks a notification.
 *
 * @param value as `parseJsonText` or `parseCbor` gave it
 * @param now milliseconds since the epoch; without it times are left to {@link refuseUntimely}
 * @throws {ServiceError} `invalid_request` with all that is wrong
 */
export function parseNotification(value: unknown, now?: number): ParsedNotification {
  const notification = usualNotification(value) ?? checked(value);
  const streams = streamsOf(notification.to);
  const { expiresAt, sendAt } = notification;
  if (expiresAt === undefined && sendAt === undefined) return { notification, streams };
  const issues: Issue[] = [];
  const times = { expiresAt: timeIn("expiresAt"), sendAt: timeIn("sendAt") };
  function timeIn(field: keyof Times): number | undefined {
    const text = notification[field];
    if (text === undefined) return undefined;
    const time = parseRfc3339(text);
    if (time === undefined) issues.push({ path: field, message: "must be an RFC 3339 time" });
    return time;
  }
  if (expiresAt !== undefined && notification.ttl !== undefined) {
    issues.push({ path: "expiresAt", message: "must not be given together with ttl" });
  }
  if (issues.length === 0 && now !== undefined) issues.push(...untimely(times, now));
  if (issues.length > 0) throw invalid(issues);
  return { notification, streams, ...times };
}

function checked(value: unknown): Notification {
  const result = notificationSchema.safeParse(value);
  if (!result.success) throw invalid(describeIssues(result.error.issues, value));
  return result.data as Notification;
}

/**
 * Refuses what has its time behind it when it counts as published. For a repeat of an earlier call
 * that is the earlier call's time.
 *
 * @throws {ServiceError} `invalid_request`
 */
export function refuseUntimely(times: Times, publishedAt: number): void {
  if (times.expiresAt === undefined && times.sendAt === undefined) return;
  const issues = untimely(times, publishedAt);
  if (issues.length > 0) throw invalid(issues);
}

type Times = Pick<ParsedNotification, "expiresAt" | "sendAt">;

function untimely({ expiresAt, sendAt }: Times, now: number): Issue[] {
  const issues: Issue[] = [];
  if (sendAt !== undefined && sendAt <= now) issues.push({ path: "sendAt", message: FUTURE });
  if (sendAt !== undefined && sendAt > now + AHEAD_MAX_MS) {
    issues.push({ path: "sendAt", message: "must be at most a year ahead" });
  }
  if (expiresAt !== undefined && expiresAt <= now) {
    issues.push({ path: "expiresAt", message: FUTURE });
  } else if (expiresAt !== undefined && sendAt !== undefined && expiresAt <= sendAt) {
    issues.push({ path: "expiresAt", message: "must come after sendAt" });
  }
  return issues;
}

const FUTURE = "must lie in the future";

function invalid(issues: ServiceError["issues"]): ServiceError {
  return new ServiceError("invalid_request", "The notification is not valid", { issues });
}

function streamsOf({ user, users, topic }: Notification["to"]): readonly StreamName[] {
  if (user !== undefined) return [userStream(user)];
  if (users !== undefined) return [...new Set(users)].map(userStream);
  return [topic === undefined ? EVERYONE : topicStream(topic)];
}
