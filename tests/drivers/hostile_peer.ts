import { within } from "./deadline.ts";
import { frameBytes, type WebSocketFrame } from "./frame_bytes.ts";

const encoder = new TextEncoder();

/**
 * A peer that upgrades to a WebSocket by hand and then does what it likes: it reads nothing unless it is
 * told to, answers no close frame, and keeps its TCP connection until the server drops it.
 */
export class HostilePeer implements Disposable {
  /** What the upgrade was answered with; 0 where the connection was dropped instead. */
  readonly status: number;
  readonly #connection: Deno.Conn;
  #isGone = false;

  private constructor(connection: Deno.Conn, status: number) {
    this.#connection = connection;
    this.status = status;
  }

  static async connect(
    url: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HostilePeer> {
    const { hostname, port } = new URL(url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const lines = Object.entries({
      Host: `${hostname}:${port}`,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = `GET /v1/stream HTTP/1.1\r\n${lines.join("")}\r\n`;
    try {
      await connection.write(encoder.encode(request));
      return new HostilePeer(connection, await statusOf(connection));
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Sends a frame; false where the server does not take it, or has dropped the connection. */
  async send(frame: WebSocketFrame | string, ms = 5_000): Promise<boolean> {
    const bytes = frameBytes(
      typeof frame === "string" ? { payload: encoder.encode(frame) } : frame,
    );
    return await this.sendBytes(bytes, ms);
  }

  async sendBytes(bytes: Uint8Array, ms = 5_000): Promise<boolean> {
    if (this.#isGone) return false;
    try {
      for (let at = 0; at < bytes.length;) {
        at += await within(this.#connection.write(bytes.subarray(at)), "a write", ms);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Reads all that comes until the server has dropped the connection; gives the bytes that came. */
  async untilDropped(what: string, ms?: number): Promise<number> {
    const buffer = new Uint8Array(64 * 1024);
    let received = 0;
    for (;;) {
      try {
        const length = await within(this.#connection.read(buffer), `${what}, to be dropped`, ms);
        if (length === null) break;
        received += length;
      } catch (error) {
        if (error instanceof Deno.errors.ConnectionReset) break;
        throw error;
      }
    }
    this.#isGone = true;
    return received;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** Reads the head of the answer to an upgrade, byte by byte so that no frame is read with it. */
async function statusOf(connection: Deno.Conn): Promise<number> {
  const byte = new Uint8Array(1);
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    const length = await within(connection.read(byte), `an answer; so far: ${head}`);
    if (length === null) return 0;
    head += String.fromCharCode(byte[0] as number);
  }
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
}
