import assert from "node:assert/strict";
import type { Service } from "./service.ts";

/** An answer of `GET /v1/notifications/{id}`. */
export interface Status {
  readonly id: string;
  readonly state: string;
  readonly sendAt?: string;
  readonly expiresAt?: string;
  readonly deliveries: readonly {
    readonly stream: string;
    readonly seq: number | null;
    readonly read?: boolean | null;
  }[];
  readonly next: string | null;
}

/** One result of a batch. */
export interface BatchResult {
  readonly status: number;
  readonly id?: string;
  readonly error?: {
    readonly code: string;
    readonly errors?: readonly { readonly path: string }[];
  };
}

/** Publishes what has to be accepted for later; gives its id. */
export async function schedule(
  service: Service,
  body: Record<string, unknown> & { sendAt: string },
  headers: Record<string, string> = {},
): Promise<string> {
  const answer = await service.publish(body, headers);
  const text = await answer.text();
  assert.equal(answer.status, 202, text);
  const { id, deliveries, sendAt } = JSON.parse(text);
  assert.deepEqual(deliveries, []);
  assert.equal(Date.parse(sendAt), Date.parse(body.sendAt));
  return id;
}

/** A time so many milliseconds from now, as RFC 3339. */
export function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

/** One call as the publisher. */
export function call(
  service: Service,
  path: string,
  { method = "GET", body, headers = {} }: {
    method?: string;
    body?: BodyInit;
    headers?: Record<string, string>;
  } = {},
): Promise<Response> {
  return service.fetch(path, {
    method,
    headers: { authorization: `Bearer ${service.key}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

/** Recalls a notification; gives the status of the answer. */
export async function recall(service: Service, id: string): Promise<number> {
  const answer = await call(service, `/v1/notifications/${id}`, { method: "DELETE" });
  await answer.text();
  return answer.status;
}

/** One page of what is known of a notification. */
export async function statusOf(
  service: Service,
  id: string,
  query: Record<string, string> = {},
): Promise<Status> {
  const answer = await call(service, `/v1/notifications/${id}?${new URLSearchParams(query)}`);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text);
}

/** Publishes a batch; gives the results and whether they are those of an earlier call. */
export async function publishBatch(
  service: Service,
  notifications: readonly unknown[],
  headers: Record<string, string> = {},
): Promise<{ results: BatchResult[]; replayed: boolean }> {
  const answer = await call(service, "/v1/notifications/batch", {
    method: "POST",
    body: JSON.stringify({ notifications }),
    headers: { "content-type": "application/json", ...headers },
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const replayed = answer.headers.get("idempotent-replayed") === "true";
  return { ...JSON.parse(text), replayed };
}
