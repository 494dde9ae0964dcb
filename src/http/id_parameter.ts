import type { Context } from "hono";
import {
  isUserId,
  TOPIC_FORM,
  TOPIC_PATTERN,
  USER_ID_FORM,
  USER_ID_MAX,
  type UserId,
} from "../domain/stream_name.ts";
import { ServiceError } from "../errors.ts";

/** Where the user is in `/v1/users/{user}…`. */
const USER_SEGMENT = 3;

/**
 * The user whom an address `/v1/users/{user}…` names.
 *
 * Read from the address as it was sent: the router takes what is not well encoded as it is, and an id
 * may hold any of the characters that mean something in an address.
 *
 * @throws {ServiceError} `invalid_request`
 */
export function userInAddress({ req }: Context): UserId {
  const segment = new URL(req.url).pathname.split("/")[USER_SEGMENT] ?? "";
  const user = decoded(segment);
  if (isUserId(user)) return user;
  throw notValid("user", `${USER_ID_FORM}; in an address it is percent-encoded as UTF-8`);
}

/**
 * Checks a topic that is part of an address.
 *
 * @throws {ServiceError} `invalid_request`
 */
export function requireTopic(topic: string): string {
  if (TOPIC_PATTERN.test(topic)) return topic;
  throw notValid("topic", TOPIC_FORM);
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function notValid(name: string, message: string): ServiceError {
  return new ServiceError("invalid_request", `The ${name} in the address is not valid`, {
    issues: [{ path: name, message }],
  });
}

/**
 * The user in an address as an OpenAPI parameter. The pattern leaves out what every dialect of regular
 * expressions can write: white space and control characters up to U+00A0. Other invisible characters,
 * `.` and `..` are refused as well.
 */
export const USER_PARAMETER = {
  in: "path" as const,
  name: "user",
  required: true,
  description: `The user's id, percent-encoded as UTF-8. It ${USER_ID_FORM}.`,
  schema: {
    type: "string" as const,
    minLength: 1,
    maxLength: USER_ID_MAX,
    pattern: "^[^\\x00-\\x20\\x7f-\\xa0]+$",
  },
};

/** The topic in an address as an OpenAPI parameter. */
export const TOPIC_PARAMETER = {
  in: "path" as const,
  name: "topic",
  required: true,
  schema: { type: "string" as const, pattern: TOPIC_PATTERN.source },
};
