import { within } from "./deadline.ts";

/** One answer, as it came over the connection. */
export interface RawAnswer {
  /** 0 where the connection ended without one. */
  readonly status: number;
  /** Head and body. */
  readonly text: string;
}

/** A connection on which a test writes HTTP by hand, as no decent client would. */
export class RawHttp implements Disposable {
  readonly #connection: Deno.Conn;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  readonly #buffer = new Uint8Array(64 * 1024);
  #text = "";

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Connects to the service at this URL. */
  static async connect(url: string): Promise<RawHttp> {
    const { hostname, port } = new URL(url);
    return new RawHttp(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** Sends one request and gives what is answered. */
  static async call(url: string, request: string | Uint8Array): Promise<RawAnswer> {
    using http = await RawHttp.connect(url);
    await http.send(request);
    return await http.answer();
  }

  /** Sends; false where the other side does not take it any more. */
  async send(data: string | Uint8Array): Promise<boolean> {
    const bytes = typeof data === "string" ? this.#encoder.encode(data) : data;
    try {
      for (let at = 0; at < bytes.length;) {
        at += await within(this.#connection.write(bytes.subarray(at)), "a write");
      }
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) return false;
      if (error instanceof Deno.errors.ConnectionReset) return false;
      throw error;
    }
  }

  /** Says that nothing more is sent. */
  async endOfRequest(): Promise<void> {
    await (this.#connection as Deno.TcpConn).closeWrite();
  }

  /** Waits for the next whole answer, or for the end of the connection. */
  async answer(): Promise<RawAnswer> {
    let end: number | undefined;
    while ((end = endOfAnswer(this.#text)) === undefined && await this.#receive("an answer"));
    const text = this.#text.slice(0, end);
    this.#text = end === undefined ? "" : this.#text.slice(end);
    return { status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0), text };
  }

  /** Waits until this text has been received. */
  async untilText(text: string): Promise<void> {
    while (!this.#text.includes(text)) {
      if (!await this.#receive(text)) throw new Error(`The end came before ${text}`);
    }
  }

  /** Waits until the other side ends the connection. */
  async untilClosed(after: string): Promise<void> {
    while (await this.#receive(`the end after ${after}`));
  }

  /** Receives something; false where the connection has ended. */
  async #receive(what: string): Promise<boolean> {
    try {
      const length = await within(this.#connection.read(this.#buffer), () => {
        return `${what}; so far: ${this.#text}`;
      });
      if (length === null) return false;
      this.#text += this.#decoder.decode(this.#buffer.subarray(0, length), { stream: true });
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return false;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** Where an answer with all of its body ends; bodies are ASCII here, and never chunked. */
function endOfAnswer(text: string): number | undefined {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const length = /^content-length: (\d+)\r$/mi.exec(text.slice(0, head + 2))?.[1] ?? 0;
  const end = head + 4 + Number(length);
  return text.length >= end ? end : undefined;
}
