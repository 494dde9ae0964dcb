// @ts-check

/**
 * @typedef {object} Credentials
 * @property {string} user
 * @property {string} token a JWT of that user
 * @property {string} expiresAt when the token expires; RFC 3339
 * @property {string} publisherKey may publish to anybody
 */

/** The service won't let this page in, and asking again would not help. */
export class CredentialsRefused extends Error {
  /** @override */
  name = "CredentialsRefused";
}

const DEADLINE_MS = 10_000;

/**
 * Gets fresh credentials from the service, which hands them out in dev mode.
 *
 * @param {string} user
 * @returns {Promise<Credentials>}
 * @throws {CredentialsRefused} when the service says no
 * @throws {Error} when it can't be reached or has trouble; later it may work
 */
export async function fetchCredentials(user) {
  const response = await fetch(`/dev/credentials?${new URLSearchParams({ user })}`, {
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).catch((cause) => {
    throw new Error("The service can't be reached", { cause });
  });
  if (response.ok) return await response.json();
  const problem = await response.json().catch(() => undefined);
  const detail = problem?.detail ?? `The service answered ${response.status}`;
  if (response.status < 500) throw new CredentialsRefused(detail);
  throw new Error(detail);
}
