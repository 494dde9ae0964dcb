import { CERTIFICATE } from "./certificate.ts";
import { Connections, writeAll } from "./connections.ts";
import type { FrontProxy } from "./front_proxy.ts";

const PRIVATE = /^\/metrics(\/|\?|$)/i;
const HOP_HEADERS = /^(connection|keep-alive|x-forwarded-\w+):/i;

/** One request a connection, passed on byte by byte; each goes to whoever has the fewest. */
export class SmallProxy implements FrontProxy {
  readonly name = "the small proxy";
  readonly url: string;
  readonly caCert = CERTIFICATE.cert;
  readonly #listener: Deno.TlsListener;
  readonly #hosts: readonly string[];
  readonly #load = new Map<string, number>();
  readonly #connections = new Connections();

  private constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
    this.#listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...CERTIFICATE });
    this.url = `https://127.0.0.1:${this.#listener.addr.port}`;
    this.#connections.track(this.#accept());
  }

  /** @param hosts such as `127.0.0.1:8001` */
  static start(hosts: readonly string[]): SmallProxy {
    return new SmallProxy(hosts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#connections.end();
  }

  async #accept(): Promise<void> {
    for (;;) {
      try {
        const client = await this.#listener.accept();
        this.#connections.track(this.#serve(client));
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        // A client that did not like the certificate.
      }
    }
  }

  async #serve(client: Deno.TlsConn): Promise<void> {
    this.#connections.add(client);
    try {
      const request = await readHead(client);
      if (request === undefined) return;
      const path = decodeURIComponent(request.head.split(" ")[1] ?? "");
      if (PRIVATE.test(path)) return await answer(client, "404 Not Found");
      const upstream = await this.#dial();
      if (upstream === undefined) return await answer(client, "503 Service Unavailable");
      const { host, connection } = upstream;
      this.#load.set(host, (this.#load.get(host) ?? 0) + 1);
      this.#connections.add(connection);
      try {
        await writeAll(connection, passedOn(request.head, client.remoteAddr.hostname));
        await writeAll(connection, request.rest);
        await Promise.all([this.#pump(client, connection), this.#pump(connection, client)]);
      } finally {
        this.#load.set(host, (this.#load.get(host) ?? 1) - 1);
        this.#connections.close(connection);
      }
    } catch {
      // Either side hung up.
    } finally {
      this.#connections.close(client);
    }
  }

  /** Passes on what comes; where one side ends or breaks, so does the other. */
  async #pump(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const length = await from.read(buffer);
        if (length === null) break;
        await writeAll(to, buffer.subarray(0, length));
      }
    } finally {
      for (const connection of [from, to]) this.#connections.close(connection);
    }
  }

  /** Connects to the one with the fewest connections that takes one. */
  async #dial(): Promise<{ host: string; connection: Deno.TcpConn } | undefined> {
    const load = (host: string) => this.#load.get(host) ?? 0;
    for (const host of this.#hosts.toSorted((a, b) => load(a) - load(b))) {
      const { hostname, port } = new URL(`http://${host}`);
      try {
        return { host, connection: await Deno.connect({ hostname, port: Number(port) }) };
      } catch {
        // The next one will do.
      }
    }
    return undefined;
  }
}

interface RequestHead {
  readonly head: string;
  /** What came after it. */
  readonly rest: Uint8Array;
}

async function readHead(connection: Deno.Conn): Promise<RequestHead | undefined> {
  const buffer = new Uint8Array(64 * 1024);
  for (let length = 0; length < buffer.length;) {
    const read = await connection.read(buffer.subarray(length));
    if (read === null) return undefined;
    length += read;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end !== -1) return { head: text.slice(0, end), rest: buffer.slice(end + 4, length) };
  }
  return undefined;
}

/** What the instance gets: `Host` as it came, and who asked, in our words only. */
function passedOn(head: string, client: string): Uint8Array {
  const [first = "", ...headers] = head.split("\r\n");
  const upgrade = headers.some((header) => /^upgrade:/i.test(header));
  const host = headers.find((header) => /^host:/i.test(header))?.slice(5).trim() ?? "";
  const lines = [
    first,
    ...headers.filter((header) => !HOP_HEADERS.test(header)),
    `Connection: ${upgrade ? "Upgrade" : "close"}`,
    `X-Forwarded-For: ${client}`,
    "X-Forwarded-Proto: https",
    `X-Forwarded-Host: ${host}`,
  ];
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
}

async function answer(connection: Deno.Conn, status: string): Promise<void> {
  const text = `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
  await writeAll(connection, new TextEncoder().encode(text));
}
