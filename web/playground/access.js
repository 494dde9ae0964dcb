// @ts-check
import { Unauthorized } from "/elements.js";

const DEADLINE_MS = 10_000;

/**
 * Which user the page shows, and the credentials that the service hands out in dev mode. Fires
 * `change` when either is another one.
 */
export class Access extends EventTarget {
  #user;
  #publisherKey = "";

  /** @param {string} user */
  constructor(user) {
    super();
    this.#user = user;
  }

  get user() {
    return this.#user;
  }

  /** May publish to anybody; empty until the service handed it out. */
  get publisherKey() {
    return this.#publisherKey;
  }

  /** @param {string} user */
  become(user) {
    this.#user = user;
    this.dispatchEvent(new Event("change"));
  }

  /**
   * Gets a token of the user, and with it the publisher key, which is another one where the service
   * was started anew on other data.
   *
   * @param {typeof fetch} [fetchIt] of the network that it goes over
   * @returns {Promise<string>}
   * @throws {Unauthorized} where the service won't let this page in, and asking again is of no use
   * @throws {Error} where it can't be reached or has trouble; later it may work
   */
  async token(fetchIt = fetch) {
    const query = new URLSearchParams({ user: this.#user });
    const response = await fetchIt(`/dev/credentials?${query}`, {
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).catch((cause) => {
      throw new Error("The service can't be reached", { cause });
    });
    const answer = await response.json().catch(() => ({}));
    if (response.ok) {
      this.#publisherKey = answer.publisherKey;
      this.dispatchEvent(new Event("change"));
      return answer.token;
    }
    const { detail = `The service answered ${response.status}` } = answer;
    throw response.status < 500 ? new Unauthorized(detail) : new Error(detail);
  }
}
