// @ts-check
/** @import { Credentials } from "./credentials.js" */
import { fetchCredentials } from "./credentials.js";

/** Which user the page shows, and the newest credentials; fires `change` when either is another one. */
export class Access extends EventTarget {
  #user;
  /** @type {Credentials | undefined} */
  #latest;

  /** @param {string} user */
  constructor(user) {
    super();
    this.#user = user;
  }

  get user() {
    return this.#user;
  }

  /** Empty until the service handed one out. */
  get publisherKey() {
    return this.#latest?.publisherKey ?? "";
  }

  /** @param {string} user */
  become(user) {
    this.#user = user;
    this.dispatchEvent(new Event("change"));
  }

  /**
   * Gets new credentials of the user.
   *
   * @returns {Promise<Credentials>}
   * @throws what {@link fetchCredentials} throws
   */
  async renew() {
    this.#latest = await fetchCredentials(this.#user);
    this.dispatchEvent(new Event("change"));
    return this.#latest;
  }
}
