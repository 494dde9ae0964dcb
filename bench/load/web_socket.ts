import { after, needle } from "./byte_search.ts";
import { clientFrame, FrameReader, opcodes } from "./frames.ts";
import { writeAll } from "./http_connection.ts";

/** Where a socket connects to and what it does with what it hears. */
export interface WebSocketOptions {
  readonly port: number;
  readonly path: string;
  /** Lines of the upgrade request beyond the handshake's own. */
  readonly headers: readonly string[];
  /** A text or binary message; its bytes are valid only during the call. */
  readonly onMessage: (payload: Uint8Array) => void;
  /** Called once, with the close code where the server sent one. */
  readonly onClose: (code: number | undefined) => void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const END_OF_HEADERS = needle("\r\n\r\n");

/**
 * A WebSocket client over a bare TCP connection. Thousands of them cost the generator far less than
 * as many `WebSocket` objects, and they can send headers with the upgrade.
 */
export class RawWebSocket {
  readonly #tcp: Deno.TcpConn;
  readonly #options: WebSocketOptions;
  readonly #behindHandshake: Uint8Array;
  #written: Promise<void> = Promise.resolve();
  #closeCode: number | undefined;

  private constructor(
    tcp: Deno.TcpConn,
    { options, behindHandshake }: { options: WebSocketOptions; behindHandshake: Uint8Array },
  ) {
    this.#tcp = tcp;
    this.#options = options;
    this.#behindHandshake = behindHandshake;
  }

  /** Connects and upgrades; throws where the answer is not a 101. Then {@link listen} has to run. */
  static async open(options: WebSocketOptions): Promise<RawWebSocket> {
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port: options.port });
    try {
      tcp.setNoDelay();
      await writeAll(tcp, encoder.encode(upgradeRequest(options)));
      return new RawWebSocket(tcp, { options, behindHandshake: await readUpgrade(tcp) });
    } catch (error) {
      tcp.close();
      throw error;
    }
  }

  /** Sends a text message. */
  send(text: string): void {
    this.#write(clientFrame(opcodes.text, encoder.encode(text)));
  }

  /** Hangs up without a closing handshake, as a device that loses its network does. */
  drop(): void {
    try {
      this.#tcp.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Hands over messages until one side hangs up. */
  async listen(): Promise<void> {
    const reader = new FrameReader(this.#behindHandshake);
    const onFrame = (opcode: number, payload: Uint8Array) => this.#hear(opcode, payload);
    try {
      // What came with the handshake may hold a frame already.
      let count: number | null = 0;
      while (count !== null) {
        reader.take(count, onFrame);
        count = await this.#tcp.read(reader.room());
      }
    } catch (error) {
      if (!isHangUp(error)) throw error;
    } finally {
      this.drop();
      this.#options.onClose(this.#closeCode);
    }
  }

  #write(frame: Uint8Array): void {
    // A write that fails means that the connection is gone, which the reading side reports.
    this.#written = this.#written.then(() => writeAll(this.#tcp, frame)).catch(() => {});
  }

  #hear(opcode: number, payload: Uint8Array): void {
    if (opcode === opcodes.text || opcode === opcodes.binary) {
      this.#options.onMessage(payload);
    } else if (opcode === opcodes.ping) {
      this.#write(clientFrame(opcodes.pong, payload));
    } else if (opcode === opcodes.close && payload.length >= 2) {
      this.#closeCode = (payload[0] as number) * 256 + (payload[1] as number);
    }
  }
}

function upgradeRequest({ path, headers }: WebSocketOptions): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  ];
  return lines.join("\r\n") + "\r\n\r\n";
}

async function readUpgrade(tcp: Deno.TcpConn): Promise<Uint8Array> {
  const buffer = new Uint8Array(4096);
  let filled = 0;
  while (filled < buffer.length) {
    const count = await tcp.read(buffer.subarray(filled));
    if (count === null) throw new Error("The server hung up instead of upgrading");
    filled += count;
    const end = after(buffer.subarray(0, filled), END_OF_HEADERS);
    if (end === -1) continue;
    const headers = decoder.decode(buffer.subarray(0, end));
    if (!headers.startsWith("HTTP/1.1 101 ")) throw new Error(`No upgrade: ${headers}`);
    return buffer.slice(end, filled);
  }
  throw new Error("The answer to the upgrade is too long");
}

function isHangUp(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe;
}
