import { after, needle } from "./byte_search.ts";

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const END_OF_HEADERS = needle("\r\n\r\n");
const NO_CONTENT = 204;
const LENGTH = /\r\ncontent-length: *(\d+)/i;

/** One HTTP/1.1 connection that is kept alive, with one request at a time. */
export class HttpConnection {
  readonly #tcp: Deno.TcpConn;
  #buffer = new Uint8Array(4096);

  private constructor(tcp: Deno.TcpConn) {
    this.#tcp = tcp;
  }

  /** Connects to a port on loopback. */
  static async open(port: number): Promise<HttpConnection> {
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
    tcp.setNoDelay();
    return new HttpConnection(tcp);
  }

  /** Sends a request as written and reads its answer; throws where the server hangs up. */
  async send(request: string): Promise<HttpAnswer> {
    await writeAll(this.#tcp, encoder.encode(request));
    let filled = 0;
    for (;;) {
      if (filled === this.#buffer.length) this.#grow();
      const count = await this.#tcp.read(this.#buffer.subarray(filled));
      if (count === null) throw new Error("The server hung up within an answer");
      filled += count;
      const answer = parse(this.#buffer.subarray(0, filled));
      if (answer !== undefined) return answer;
    }
  }

  close(): void {
    this.#tcp.close();
  }

  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** Writes all of `bytes`: a single write may take only a part. */
export async function writeAll(tcp: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  let written = await tcp.write(bytes);
  while (written < bytes.length) written += await tcp.write(bytes.subarray(written));
}

function parse(bytes: Uint8Array): HttpAnswer | undefined {
  const start = after(bytes, END_OF_HEADERS);
  if (start === -1) return undefined;
  const headers = decoder.decode(bytes.subarray(0, start));
  const status = Number(headers.slice(9, 12));
  const length = status === NO_CONTENT ? "0" : LENGTH.exec(headers)?.[1];
  if (length === undefined) throw new Error(`An answer without a length: ${headers}`);
  const end = start + Number(length);
  if (bytes.length < end) return undefined;
  return { status, body: bytes.subarray(start, end) };
}
