import assert from "node:assert/strict";
import type { Claims, Credentials } from "./credentials.ts";
import { EventSource } from "./event_source.ts";
import { Device, type DeviceOptions } from "./device.ts";
import { within } from "./deadline.ts";
import { type Message, Socket, type SocketOptions } from "./socket.ts";

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // deno-lint-ignore no-explicit-any -- JSON that is walked freely
  readonly body: any;
}

export interface Call {
  readonly bearer?: string;
  /** Sent as JSON; text and bytes go as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers where a notification went. */
export interface Published {
  readonly id: string;
  readonly deliveries: readonly { readonly stream: string; readonly seq: number }[];
}

/** The service under test, whose instances take turns, and names that are used in no other run. */
export class World implements Disposable {
  readonly credentials: Credentials;
  /** Every message that came over a socket. */
  readonly messages: Message[] = [];
  readonly #urls: readonly string[];
  readonly #run = crypto.randomUUID().slice(0, 8);
  readonly #client = Deno.createHttpClient({});
  #calls = 0;
  #names = 0;

  /** @param urls of one service, or of several instances on one store */
  constructor(urls: readonly string[], credentials: Credentials) {
    this.#urls = urls.map((url) => url.replace(/\/+$/, ""));
    this.credentials = credentials;
  }

  /** Where the next call goes. */
  get url(): string {
    return this.#urls[this.#calls++ % this.#urls.length] as string;
  }

  /** A user's id, or a topic's name, that nobody else uses. */
  name(): string {
    return `conformance-${this.#run}-${++this.#names}`;
  }

  async call(method: string, path: string, { bearer, body, headers }: Call = {}): Promise<Answer> {
    const raw = typeof body === "string" || body instanceof Uint8Array;
    const response = await within(
      fetch(this.url + path, {
        method,
        redirect: "manual",
        client: this.#client,
        headers: {
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: raw ? body as string | Uint8Array<ArrayBuffer> : JSON.stringify(body) }),
      }),
      `an answer to ${method} ${path}`,
    );
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
  }

  /** A call of a publisher. */
  async publisher(method: string, path: string, call: Call = {}): Promise<Answer> {
    return await this.call(method, path, { bearer: this.credentials.key, ...call });
  }

  /** A call of a user. */
  async user(user: string, method: string, path: string, call: Call = {}): Promise<Answer> {
    const bearer = call.bearer ?? await this.token(user);
    return await this.call(method, path, { ...call, bearer });
  }

  token(user: string, claims?: Claims): Promise<string> {
    return this.credentials.token(user, claims);
  }

  /** Publishes what has to be taken. */
  async publish(notification: Record<string, unknown>, call: Call = {}): Promise<Published> {
    const answer = await this.publisher("POST", "/v1/notifications", {
      body: notification,
      ...call,
    });
    assert.equal(answer.status, 201, `a publish was answered ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** Publishes so many to one user, one after the other. */
  async fill(user: string, count: number): Promise<Published[]> {
    const published: Published[] = [];
    for (let i = 1; i <= count; i++) {
      published.push(await this.publish({ to: { user }, title: `Number ${i}` }));
    }
    return published;
  }

  /** A user's whole inbox, page by page. */
  async inbox(user: string, query = "", bearer?: string): Promise<Message[]> {
    const items: Message[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const at = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const path = `/v1/inbox?status=all&limit=100${query}${at}`;
      const { status, body, text }: Answer = await this.user(user, "GET", path, {
        ...(bearer === undefined ? {} : { bearer }),
      });
      assert.equal(status, 200, text);
      items.push(...body.items);
      cursor = body.next;
    }
    return items;
  }

  /** A bare connection; credentials are the caller's matter. */
  async socket(options: SocketOptions = {}): Promise<Socket> {
    const url = `${this.url.replace(/^http/, "ws")}/v1/stream`;
    return await Socket.open(url, {
      ...options,
      saw: (message) => {
        // What byte strings come as is the schema of another encoding.
        if (!options.protocols?.includes("bellwire.v1.cbor")) this.messages.push(message);
        options.saw?.(message);
      },
    });
  }

  /** A stream of server-sent events. */
  async events(
    bearer: string | undefined,
    { header, query, ticket }: { header?: string; query?: string; ticket?: string } = {},
  ): Promise<EventSource> {
    const parameters = new URLSearchParams({
      ...(query === undefined ? {} : { cursor: query }),
      ...(ticket === undefined ? {} : { ticket }),
    });
    const response = await within(
      fetch(`${this.url}/v1/stream?${parameters}`, {
        client: this.#client,
        headers: {
          accept: "text/event-stream",
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(header === undefined ? {} : { "last-event-id": header }),
        },
      }),
      "the answer to a request for events",
    );
    const type = response.headers.get("content-type") ?? "";
    if (response.body === null || !type.startsWith("text/event-stream")) {
      throw new Error(`no event stream, but ${response.status} ${await response.text()}`);
    }
    return new EventSource(response.body);
  }

  /** A device of a user that has connected and is up to date. */
  async device(user: string, options: DeviceOptions = {}): Promise<Device> {
    const device = new Device(this, user, options);
    await device.connect();
    return device;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** Insists on a problem of this kind. */
export function refused(answer: Answer, status: number, code: string): void {
  const found = `${answer.status} ${answer.body?.code ?? answer.text.slice(0, 200)}`;
  assert.equal(found, `${status} ${code}`);
}
