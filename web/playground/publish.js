// @ts-check
/** @import { Publication } from "./publication.js" */

/**
 * What the service answered to a publish.
 * @typedef {{ id: string, deliveries: { stream: string, seq: number }[], ms: number }} Published
 */

/** The service refused, or did not answer. */
export class PublishFailed extends Error {
  /** @override */
  name = "PublishFailed";

  /**
   * @param {string} message
   * @param {{ status?: number, issues?: { path: string, message: string }[] }} [details] what is
   *   wrong with which field
   */
  constructor(message, { status = 0, issues = [] } = {}) {
    super(message);
    this.status = status;
    this.issues = issues;
  }
}

const DEADLINE_MS = 15_000;

/**
 * Publishes one notification.
 *
 * @param {Publication} publication
 * @param {string} key a publisher's
 * @returns {Promise<Published>} `ms`: until the answer was there, which is after the commit
 * @throws {PublishFailed}
 */
export async function publish(publication, key) {
  const started = performance.now();
  const response = await fetch("/v1/notifications", {
    method: "POST",
    headers: { "authorization": `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(publication),
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).catch(() => {
    throw new PublishFailed("The service can't be reached");
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return { ...answer, ms: performance.now() - started };
  const { detail = `The service answered ${response.status}`, errors = [] } = answer;
  throw new PublishFailed(detail, { status: response.status, issues: errors });
}
