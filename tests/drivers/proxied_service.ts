import assert from "node:assert/strict";
import type { InboxItem, Published } from "./answers.ts";
import { eventually, within } from "./deadline.ts";
import type { FrontProxy } from "./front_proxy.ts";
import type { Service } from "./service.ts";
import type { TokenWishes } from "./user_token.ts";

/** Several instances, as those see them who come through the proxy in front. */
export class ProxiedService implements Disposable {
  readonly url: string;
  readonly streamUrl: string;
  readonly caCert: string;
  /** Any of the instances: all have the same secrets. */
  readonly #one: Service;
  readonly #client: Deno.HttpClient;

  constructor(proxy: FrontProxy, one: Service) {
    this.url = proxy.url;
    this.streamUrl = `${proxy.url.replace(/^http/, "ws")}/v1/stream`;
    this.caCert = proxy.caCert;
    this.#one = one;
    this.#client = Deno.createHttpClient({ caCerts: [proxy.caCert], poolMaxIdlePerHost: 0 });
  }

  token(user: string, wishes?: TokenWishes): Promise<string> {
    return this.#one.token(user, wishes);
  }

  /** Any call. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return within(
      fetch(this.url + path, { ...init, client: this.#client }),
      `an answer of ${path} through the proxy`,
    );
  }

  /**
   * Publishes what has to be accepted, and repeats it under its key while the proxy can't say what
   * became of it: it asked an instance that is gone.
   */
  async published(body: unknown): Promise<Published> {
    const key = crypto.randomUUID();
    return await eventually(async () => {
      const answer = await this.fetch("/v1/notifications", {
        method: "POST",
        headers: {
          "authorization": `Bearer ${this.#one.key}`,
          "content-type": "application/json",
          "idempotency-key": key,
        },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      if (answer.status === 502 || answer.status === 503) return undefined;
      assert.equal(answer.status, 201, text);
      return JSON.parse(text) as Published;
    }, "a publish through the proxy");
  }

  /** A user's whole inbox of at most a hundred items, newest first. */
  async inbox(user: string): Promise<InboxItem[]> {
    const answer = await this.fetch("/v1/inbox?status=all&limit=100", {
      headers: { authorization: `Bearer ${await this.token(user)}` },
    });
    const { items, next } = await answer.json();
    assert.equal(next, null);
    return items;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
