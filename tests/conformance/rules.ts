import type { Rule } from "./rule.ts";
import { ASKING } from "./rules/asking.ts";
import { BINARY } from "./rules/binary.ts";
import { CALLERS } from "./rules/callers.ts";
import { CONNECTING } from "./rules/connecting.ts";
import { COUNTS } from "./rules/counts.ts";
import { DOCUMENTS } from "./rules/documents.ts";
import { EVENTS } from "./rules/events.ts";
import { HTTP } from "./rules/http.ts";
import { INBOX } from "./rules/inbox.ts";
import { MARKS } from "./rules/marks.ts";
import { PUBLISHING } from "./rules/publishing.ts";
import { REPEATING } from "./rules/repeating.ts";
import { SERVER_EVENTS } from "./rules/server_events.ts";
import { STATUS } from "./rules/status.ts";
import { TOPICS } from "./rules/topics.ts";
import { USERS } from "./rules/users.ts";

/** All rules that can be tried from outside. */
export const RULES: readonly Rule[] = [
  ...CALLERS,
  ...HTTP,
  ...PUBLISHING,
  ...REPEATING,
  ...STATUS,
  ...INBOX,
  ...MARKS,
  ...TOPICS,
  ...USERS,
  ...DOCUMENTS,
  ...CONNECTING,
  ...EVENTS,
  ...COUNTS,
  ...ASKING,
  ...BINARY,
  ...SERVER_EVENTS,
];
