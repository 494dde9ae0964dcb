import assert from "node:assert/strict";
import { join } from "node:path";
import type { InboxItem, InboxPage, Published } from "./answers.ts";
import { eventually, within } from "./deadline.ts";
import { type ProcessOutput, ServiceProcess } from "./service_process.ts";
import { signUserToken, type TokenWishes } from "./user_token.ts";

export type { InboxItem, InboxPage, Published } from "./answers.ts";

/** How a service is started for a test. */
export interface ServiceOptions {
  /** Variables besides those that every test needs; an empty text unsets one of those. */
  readonly env?: Readonly<Record<string, string>>;
  /** The program, where it is not `main.ts`; a path below the repository's root. */
  readonly program?: string;
  /** PEM text of the authority that signed the service's certificate. */
  readonly caCert?: string;
}

/**
 * The real service as a process of its own, with data of its own, listening on a port of its own.
 *
 * @example
 * ```ts
 * await using service = await Service.start({ env: { BELLWIRE_INBOX_MAX: "5" } });
 * const { id } = await service.published({ to: { user: "ada" }, title: "Hello" });
 * await service.kill();
 * await service.restart();
 * assert.equal((await service.inbox("ada"))[0]?.id, id);
 * ```
 */
export class Service implements AsyncDisposable {
  /** The secret of the tokens. */
  readonly secret = "a secret of the tests that has 32 bytes";
  /** The secret of the publisher `test`. */
  readonly key = "publisher-key-of-the-tests";
  /** Holds the KV file `bellwire.db` and nothing of others. */
  readonly folder: string;
  readonly #options: ServiceOptions;
  #process!: ServiceProcess;
  #client: Deno.HttpClient | undefined;
  #url = "";

  private constructor(folder: string, options: ServiceOptions) {
    this.folder = folder;
    this.#options = options;
  }

  /** Starts one and waits until it is ready. */
  static async start(options: ServiceOptions = {}): Promise<Service> {
    const service = new Service(await Deno.makeTempDir({ prefix: "bellwire_" }), options);
    try {
      await service.restart();
    } catch (error) {
      await Deno.remove(service.folder, { recursive: true });
      throw error;
    }
    return service;
  }

  /** Where it listens, such as `http://127.0.0.1:4711`. */
  get url(): string {
    return this.#url;
  }

  /** Where devices connect. */
  get streamUrl(): string {
    return `${this.#url.replace(/^http/, "ws")}/v1/stream`;
  }

  get caCert(): string | undefined {
    return this.#options.caCert;
  }

  /** What it has written so far. */
  get output(): ProcessOutput {
    return this.#process.output;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Its exit code, once it has ended. */
  get ended(): Promise<number> {
    return this.#process.ended;
  }

  /** Starts it on the same data and, after the first time, on the same port. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const port = this.#url === "" ? "0" : new URL(this.#url).port;
    const all = { ...this.environment(), PORT: port, ...this.#options.env, ...env };
    this.#process = await eventually(async () => {
      const { program } = this.#options;
      const process = new ServiceProcess(all, program === undefined ? {} : { program });
      const ready = await process.ready();
      if (ready !== undefined) {
        this.#url = ready.url.replace("localhost", "127.0.0.1");
        return process;
      }
      // Between two lives of a service the system may lend its port to an outgoing connection.
      if (/Port \d+ on .* is taken/.test(process.output.stderr)) return undefined;
      throw new Error(`The service did not start:\n${process.output.text}`);
    }, "the service's port");
    // Connections are not kept: those of a service that was killed would fail the next call.
    this.#client = Deno.createHttpClient({
      poolMaxIdlePerHost: 0,
      ...(this.caCert === undefined ? {} : { caCerts: [this.caCert] }),
    });
  }

  /** The variables that every test needs. */
  environment(): Record<string, string> {
    return {
      HOST: "127.0.0.1",
      PORT: "0",
      BELLWIRE_KV: join(this.folder, "bellwire.db"),
      BELLWIRE_JWT_SECRET: this.secret,
      BELLWIRE_API_KEYS: `test:${this.key}`,
      BELLWIRE_LOG: "json",
    };
  }

  /** Ends it with SIGKILL: it gets to do nothing more. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.gone();
  }

  /** Ends it as an operator does, with SIGTERM. */
  async stop(): Promise<number> {
    this.signal("SIGTERM");
    return await this.gone();
  }

  /** Sends a signal to the process. */
  signal(signal: Deno.Signal): void {
    this.#process.signal(signal);
  }

  /** Waits for its end, and gives the exit code. */
  async gone(ms?: number): Promise<number> {
    const code = await within(this.#process.ended, "the service's end", ms);
    this.#client?.close();
    this.#client = undefined;
    return code;
  }

  /** A token of this user; good for an hour unless something else is wished for. */
  token(user: string, wishes: TokenWishes = {}): Promise<string> {
    return signUserToken(user, { secret: this.secret, ...wishes });
  }

  /** Any call. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    if (this.#client === undefined) throw new Error("The service is not running");
    return within(
      fetch(this.#url + path, { ...init, client: this.#client } as RequestInit),
      () => `an answer of ${path}\n${this.output.text}`,
    );
  }

  /** Publishes; the body is sent as JSON, unless it is text, bytes or a stream already. */
  publish(
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const raw = typeof body === "string" || body instanceof Uint8Array ||
      body instanceof ReadableStream;
    return this.fetch("/v1/notifications", {
      method: "POST",
      headers: {
        authorization: `Bearer ${this.key}`,
        "content-type": "application/json",
        ...headers,
      },
      body: raw ? body as BodyInit : JSON.stringify(body),
    });
  }

  /** Publishes what has to be accepted. */
  async published(body: unknown, headers: Record<string, string> = {}): Promise<Published> {
    const answer = await this.publish(body, headers);
    const text = await answer.text();
    assert.equal(answer.status, 201, text);
    return JSON.parse(text);
  }

  /** GETs as this user. */
  async get(path: string, user: string, wishes: TokenWishes = {}): Promise<Response> {
    return await this.fetch(path, {
      headers: { authorization: `Bearer ${await this.token(user, wishes)}` },
    });
  }

  /** One page of a user's inbox. */
  async inboxPage(
    user: string,
    query: Record<string, string> = {},
    wishes: TokenWishes = {},
  ): Promise<InboxPage> {
    const answer = await this.get(`/v1/inbox?${new URLSearchParams(query)}`, user, wishes);
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return JSON.parse(text);
  }

  /** A user's whole inbox, newest first, page by page. */
  async inbox(
    user: string,
    query: Record<string, string> = {},
    wishes: TokenWishes = {},
  ): Promise<InboxItem[]> {
    const items: InboxItem[] = [];
    let cursor: string | null = null;
    do {
      const at: Record<string, string> = cursor === null ? {} : { cursor };
      const page = await this.inboxPage(
        user,
        { status: "all", limit: "100", ...query, ...at },
        wishes,
      );
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return items;
  }

  /** Where a user is, as a publisher is told. */
  async presence(user: string): Promise<{ online: boolean; instances: number }> {
    const answer = await this.fetch(`/v1/users/${user}/presence`, {
      headers: { authorization: `Bearer ${this.key}` },
    });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return JSON.parse(text);
  }

  /** The value of a metric without labels, such as `bellwire_connections`. */
  async metric(name: string): Promise<number> {
    const text = await (await this.fetch("/metrics")).text();
    const value = new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1];
    assert(value !== undefined, `no metric ${name}`);
    return Number(value);
  }

  /** Waits until so many sessions are open. */
  async connections(count: number, ms?: number): Promise<void> {
    let seen = NaN;
    await eventually(
      async () => {
        seen = await this.metric("bellwire_connections");
        return seen === count;
      },
      () => `${count} connections, there are ${seen}\n${this.output.text}`,
      ms,
    );
  }

  /** Ends it and removes its data. What it wrote is shown if it ended on its own or has errors. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.finish();
      await this.gone();
    } finally {
      await Deno.remove(this.folder, { recursive: true });
    }
  }
}
