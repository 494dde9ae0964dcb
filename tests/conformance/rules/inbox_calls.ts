import assert from "node:assert/strict";
import type { Message } from "../socket.ts";
import type { World } from "../world.ts";

/** The numbers of items. */
export function seqs(items: readonly Message[]): number[] {
  return items.map((item) => item["seq"]);
}

/** Has a user join a topic, as a publisher. */
export async function join(w: World, user: string, topic: string): Promise<void> {
  const { status } = await w.publisher("PUT", `/v1/users/${user}/topics/${topic}`);
  assert.equal(status, 204);
}

/** Marks as a user, which has to succeed. */
export async function mark(w: World, user: string, body: unknown): Promise<void> {
  const { status, text } = await w.user(user, "POST", "/v1/inbox/marks", { body });
  assert.equal(status, 204, text);
}

/** Publishes so many to a user in one call. */
export async function batch(w: World, user: string, count: number): Promise<unknown[]> {
  const notifications = Array.from({ length: count }, (_, i) => ({ to: { user }, title: `${i}` }));
  const { body } = await w.publisher("POST", "/v1/notifications/batch", {
    body: { notifications },
  });
  return body.results;
}
