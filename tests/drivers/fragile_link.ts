import { Connections, writeAll } from "./connections.ts";

/**
 * A link to a service that can go dead without a word, as one does whose other end has lost its
 * network: connections stand, and nothing comes through.
 */
export class FragileLink implements AsyncDisposable {
  readonly url: string;
  readonly #target: Deno.ConnectOptions;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Connections();
  #isCut = false;

  private constructor(target: string) {
    const { hostname, port } = new URL(target);
    this.#target = { hostname, port: Number(port) };
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.url = `http://127.0.0.1:${this.#listener.addr.port}`;
    this.#connections.track(this.#accept());
  }

  /** @param target such as `http://127.0.0.1:8000` */
  static to(target: string): FragileLink {
    return new FragileLink(target);
  }

  /** Connections from before stay dead for good; new ones stand, and are dead too until it is mended. */
  cut(): void {
    this.#isCut = true;
  }

  mend(): void {
    this.#isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#connections.end();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) this.#connections.track(this.#serve(client));
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    this.#connections.add(client);
    try {
      const server = await Deno.connect(this.#target);
      this.#connections.add(server);
      await Promise.all([this.#pass(client, server), this.#pass(server, client)]);
    } catch {
      // The service is not there, or either side hung up.
    } finally {
      this.#connections.close(client);
    }
  }

  /** Passes on what comes, until the link is cut; what comes then is lost. */
  async #pass(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    let isDead = this.#isCut;
    try {
      for (;;) {
        const length = await from.read(buffer);
        isDead ||= this.#isCut;
        if (isDead && length !== null) continue;
        if (length === null) break;
        await writeAll(to, buffer.subarray(0, length));
      }
    } finally {
      for (const connection of [from, to]) this.#connections.close(connection);
    }
  }
}
