import { Connections, writeAll } from "../../drivers/connections.ts";

/**
 * What a network does: `pass` lets all through; `drop` passes the answer to an upgrade and nothing after
 * it; `cut` ends sockets a moment after they stand; `portal` answers everything with a page.
 */
export type Behaviour = "pass" | "drop" | "cut" | "portal";

/** So long a socket lasts where it is cut. */
const CUT_MS = 300;
const PORTAL = "<!doctype html><title>Sign in to this network</title>";

/** A proxy without TLS in front of a service, one request a connection. */
export class HostileProxy implements AsyncDisposable {
  behaviour: Behaviour;
  /** Requests that it has seen: whether each was one for a socket. */
  readonly seen: ("socket" | "stream" | "call")[] = [];
  /** Connections that stand, by what they are. */
  readonly open = { socket: 0, stream: 0, call: 0 };
  readonly url: string;
  readonly #host: string;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Connections();

  constructor(serviceUrl: string, behaviour: Behaviour) {
    this.behaviour = behaviour;
    this.#host = new URL(serviceUrl).host;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.url = `http://127.0.0.1:${this.#listener.addr.port}`;
    this.#connections.track(this.#accept());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#connections.end();
  }

  async #accept(): Promise<void> {
    try {
      for (;;) this.#connections.track(this.#serve(await this.#listener.accept()));
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #serve(client: Deno.Conn): Promise<void> {
    this.#connections.add(client);
    try {
      const head = await readHead(client);
      if (head === undefined) return;
      const isSocket = /^upgrade: websocket/im.test(head);
      const kind = isSocket ? "socket" : /\/v1\/stream /.test(head) ? "stream" : "call";
      this.seen.push(kind);
      this.open[kind]++;
      await this.#handle(client, head, isSocket).finally(() => this.open[kind]--);
    } catch {
      // Either side hung up.
    } finally {
      this.#connections.close(client);
    }
  }

  async #handle(client: Deno.Conn, head: string, isSocket: boolean): Promise<void> {
    const { behaviour } = this;
    if (behaviour === "portal") {
      const length = `Content-Type: text/html\r\nContent-Length: ${PORTAL.length}`;
      const text = `HTTP/1.1 200 OK\r\n${length}\r\nConnection: close\r\n\r\n${PORTAL}`;
      return await writeAll(client, new TextEncoder().encode(text));
    }
    const [hostname = "", port] = this.#host.split(":");
    const service = await Deno.connect({ hostname, port: Number(port) });
    this.#connections.add(service);
    const end = () => [client, service].forEach((it) => this.#connections.close(it));
    const sent = isSocket ? head : head.replace("\r\n", "\r\nConnection: close\r\n");
    await writeAll(service, new TextEncoder().encode(sent));
    if (isSocket && behaviour === "drop") {
      await writeAll(client, new TextEncoder().encode(await readHead(service) ?? ""));
      // Nothing of what either side says reaches the other.
      return await Promise.race([drain(client), drain(service)]).finally(end);
    }
    const timer = isSocket && behaviour === "cut" ? setTimeout(end, CUT_MS) : undefined;
    await Promise.all([pump(client, service, end), pump(service, client, end)])
      .finally(() => clearTimeout(timer));
  }
}

/** What there is up to the empty line; requests of the tests come with their bodies in a piece of their own. */
async function readHead(connection: Deno.Conn): Promise<string | undefined> {
  let text = "";
  const byte = new Uint8Array(1);
  while (!text.endsWith("\r\n\r\n")) {
    if (await connection.read(byte) === null) return undefined;
    text += String.fromCharCode(byte[0] ?? 0);
  }
  return text;
}

async function drain(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  while (await connection.read(buffer) !== null);
}

async function pump(from: Deno.Conn, to: Deno.Conn, end: () => void): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (;;) {
      const length = await from.read(buffer);
      if (length === null) break;
      await writeAll(to, buffer.subarray(0, length));
    }
  } finally {
    end();
  }
}
