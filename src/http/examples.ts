import { problemDocument, PROBLEMS } from "./problem.ts";
import type { ErrorCode } from "../errors.ts";

const ID = "01a20156-8701-76d2-8c91-a71e2930a8f3";
const LATER_ID = "01a20156-8f02-7c31-9d44-2b6f0c5e7a10";

const NOTIFICATION = {
  to: { user: "ada" },
  title: "Build finished",
  body: "All 241 tests passed.",
  url: "/builds/41",
  category: "builds",
  data: { build: 41 },
};

/** What callers send, by the name of the operation. */
const REQUESTS: Readonly<Record<string, unknown>> = {
  publishNotification: NOTIFICATION,
  publishBatch: {
    notifications: [NOTIFICATION, {
      to: { topic: "news" },
      title: "Maintenance at noon",
      ttl: 3600,
    }],
  },
  markItems: { op: "read", items: [41] },
  revokeTokens: { user: "ada", issuedBefore: "2026-11-23T08:00:00Z" },
};

/** What they are answered, by the name of the operation and the status. */
const ANSWERS: Readonly<Record<string, Readonly<Record<number, unknown>>>> = {
  publishNotification: {
    201: { id: ID, deliveries: [{ stream: "user:ada", seq: 41 }] },
    202: { id: ID, deliveries: [], sendAt: "2026-11-24T08:00:00.000Z" },
  },
  publishBatch: { 200: { results: [{ status: 201, id: ID }, { status: 201, id: LATER_ID }] } },
  getNotification: {
    200: {
      id: ID,
      state: "sent",
      deliveries: [{ stream: "user:ada", seq: 41, read: true }],
      next: null,
    },
  },
  userPresence: { 200: { online: true, instances: 1 } },
  listInbox: {
    200: {
      items: [{
        id: ID,
        stream: "user",
        seq: 41,
        title: "Build finished",
        body: "All 241 tests passed.",
        url: "/builds/41",
        category: "builds",
        priority: "normal",
        data: { build: 41 },
        publishedAt: "2026-11-23T08:00:00.000Z",
        read: false,
        seen: false,
        archived: false,
      }],
      counts: { unread: 1, unseen: 1 },
      next: null,
    },
  },
  countInbox: { 200: { unread: 1, unseen: 1 } },
  issueTicket: {
    201: { ticket: "tk_4fzT0c8mQ1", expiresAt: "2026-11-23T08:00:30.000Z" },
  },
  live: { 200: { status: "live" } },
  ready: { 200: { status: "ready" } },
};

/** An example of what callers send. */
export function requestExample(operationId: string): unknown {
  return REQUESTS[operationId];
}

/** An example of an answer; a problem has the first code of its status. */
export function answerExample(operationId: string, status: number, type: string): unknown {
  return type === "application/problem+json"
    ? problemExample(status)
    : ANSWERS[operationId]?.[status];
}

function problemExample(status: number): unknown {
  const [code] = Object.entries(PROBLEMS).find(([, [its]]) => its === status) ?? [];
  if (code === undefined) return undefined;
  const problem = { code: code as ErrorCode, detail: DETAILS[code as ErrorCode] };
  const errors = [{ path: "title", message: "is required" }];
  return problemDocument(status === 400 ? { ...problem, errors } : problem);
}

const DETAILS: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "The notification is not valid",
  unauthorized: "The API key is not known",
  token_expired: "The token has expired",
  forbidden: "This call is for publishers, not for users",
  not_found: "There is nothing here",
  method_not_allowed: "Only POST, OPTIONS is answered here",
  idempotency_in_progress: "The first call with this Idempotency-Key is still running",
  too_many_topics: "A user may belong to 100 topics; leave one first",
  payload_too_large: "The body must be at most 64 KiB",
  unsupported_media_type: "The body must be application/json or application/cbor",
  idempotency_conflict: "This Idempotency-Key was used with another body",
  upgrade_required: "This address speaks WebSocket: connect with a WebSocket client",
  rate_limited: "This publisher has made as many calls as it may; nothing was done",
  internal: "Something went wrong here; the log tells what",
  overloaded: "The write queue is full. Nothing was stored",
  unavailable: "The store does not answer. Try again later",
};
