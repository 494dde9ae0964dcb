// @ts-check
/** @import { Access } from "./access.js" */
/** @import { Call } from "./publication.js" */

/**
 * Where a notification went. `read` is there where the service was asked for it later, for users.
 * @typedef {{ stream: string, seq: number | null, read?: boolean | null }} Delivery
 */

/**
 * What the service answered to a publish.
 * @typedef {{ id: string, deliveries: Delivery[], sendAt?: string, ms: number,
 *   isReplayed: boolean }} Published
 * `ms`: until the answer was there, which is after the commit
 */

/**
 * What has become of a notification.
 * @typedef {{ state: string, deliveries: Delivery[], sendAt?: string, next: string | null }} Status
 */

/** The service refused, or did not answer. */
export class CallFailed extends Error {
  /** @override */
  name = "CallFailed";

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

const PATH = "/v1/notifications";
const DEADLINE_MS = 15_000;

/** Publishes, as a backend would. All of its calls throw {@link CallFailed}. */
export class Publisher {
  #access;

  /** @param {Access} access */
  constructor(access) {
    this.#access = access;
  }

  /**
   * How the service is called to publish.
   *
   * @param {Call} call
   */
  request({ body, key }) {
    return {
      url: location.origin + PATH,
      headers: { ...this.#authorization, ...(key === "" ? {} : { "Idempotency-Key": key }) },
      body,
    };
  }

  get #authorization() {
    return { "Authorization": `Bearer ${this.#access.publisherKey}` };
  }

  /**
   * @param {Call} call
   * @returns {Promise<Published>}
   */
  async publish(call) {
    const started = performance.now();
    const { answer, headers } = await this.#send(() => {
      const { headers, body } = this.request(call);
      return {
        path: PATH,
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json" },
        body: JSON.stringify(body),
      };
    });
    const ms = performance.now() - started;
    return { ...answer, ms, isReplayed: headers.get("idempotent-replayed") === "true" };
  }

  /**
   * @param {string} id
   * @returns {Promise<Status>}
   */
  async status(id) {
    return (await this.#about("GET", id)).answer;
  }

  /**
   * Takes it back from every device, or cancels it.
   *
   * @param {string} id
   */
  async recall(id) {
    await this.#about("DELETE", id);
  }

  /**
   * @param {string} method
   * @param {string} id
   */
  #about(method, id) {
    return this.#send(() => ({
      path: `${PATH}/${encodeURIComponent(id)}`,
      method,
      headers: this.#authorization,
    }));
  }

  /** @param {() => RequestInit & { path: string }} request made anew with another key */
  async #send(request) {
    if (this.#access.publisherKey === "") await this.#renewKey();
    try {
      return await call(request());
    } catch (error) {
      if (!(error instanceof CallFailed) || error.status !== 401) throw error;
      // The service was started anew on other data, and has another key now.
      await this.#renewKey();
      return await call(request());
    }
  }

  async #renewKey() {
    await this.#access.token().catch((error) => {
      throw new CallFailed(error.message);
    });
  }
}

/** @param {RequestInit & { path: string }} request */
async function call({ path, ...init }) {
  const response = await fetch(path, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) })
    .catch(() => {
      throw new CallFailed("The service can't be reached");
    });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return { answer, headers: response.headers };
  const { detail = `The service answered ${response.status}`, errors = [] } = answer;
  throw new CallFailed(detail, { status: response.status, issues: errors });
}
