import assert from "node:assert/strict";
import { decode, encode } from "cborg";
import { within } from "./deadline.ts";

/** A message of the server; each rule looks at what it is about. */
// deno-lint-ignore no-explicit-any -- JSON that is walked freely
export type Message = { readonly type: string } & Record<string, any>;

/** How a connection ended. */
export interface Ended {
  readonly code: number;
  readonly reason: string;
}

export interface SocketOptions {
  /** The subprotocols to offer. */
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Hears of every message. */
  readonly saw?: (message: Message) => void;
}

const CBOR = "bellwire.v1.cbor";
/** Frames stay below it. */
const FRAME_MAX = 256 * 1024;

/** One connection, as bare as the protocol has it: it says nothing of its own. */
export class Socket implements AsyncDisposable {
  readonly messages: Message[] = [];
  readonly ended: Promise<Ended>;
  readonly #socket: WebSocket;
  readonly #listeners = new Set<() => void>();
  readonly #saw: (message: Message) => void;
  #wrong: unknown;
  #refs = 0;
  #isOver = false;

  private constructor(
    url: string,
    { protocols = [], headers = {}, saw = () => {} }: SocketOptions,
  ) {
    this.#saw = saw;
    this.#socket = new WebSocket(url, { protocols: [...protocols], headers });
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => this.#take(data);
    // What matters of an error is told by the close that follows.
    this.#socket.onerror = (event) => event.preventDefault();
    this.ended = new Promise((resolve) => {
      this.#socket.onclose = ({ code, reason }) => {
        this.#isOver = true;
        resolve({ code, reason });
        this.#tell();
      };
    });
  }

  /** Connects; resolves once the upgrade was accepted. */
  static async open(url: string, options: SocketOptions = {}): Promise<Socket> {
    const socket = new Socket(url, options);
    const opened = new Promise<void>((resolve) => socket.#socket.onopen = () => resolve());
    const refused = socket.ended.then(({ code, reason }) => {
      assert(socket.messages.length > 0 || code >= 4000, `not connected: ${code} ${reason}`);
    });
    await within(Promise.race([opened, refused]), "the WebSocket's upgrade");
    return socket;
  }

  /** The subprotocol that the server chose; empty where it chose none. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Sends messages in one frame; text and bytes go as they are. */
  send(data: unknown): void {
    if (typeof data === "string" || data instanceof Uint8Array) {
      this.#socket.send(data as string | Uint8Array<ArrayBuffer>);
    } else if (this.protocol === CBOR) this.#socket.send(new Uint8Array(encode(data)));
    else this.#socket.send(JSON.stringify(data));
  }

  /** Sends a request and waits for the answer to it. */
  async ask(message: Record<string, unknown>): Promise<Message> {
    const ref = `r${++this.#refs}`;
    this.send({ ...message, ref });
    return await this.next(
      (answer) => answer["ref"] === ref,
      `an answer to \`${message["type"]}\``,
    );
  }

  /**
   * The first message that matches, now or later.
   *
   * @param match its type, or a test
   */
  async next(
    match: string | ((message: Message) => boolean),
    what = typeof match === "string" ? `\`${match}\`` : "the message",
    { from = 0, ms }: { from?: number; ms?: number } = {},
  ): Promise<Message> {
    const matches = typeof match === "string" ? ({ type }: Message) => type === match : match;
    let found: Message | undefined;
    await this.until(
      () => {
        found = this.messages.slice(from).find(matches);
        return found !== undefined;
      },
      what,
      ms,
    );
    return found as Message;
  }

  /** Waits until something holds that messages make true. */
  async until(holds: () => boolean, what: string, ms?: number): Promise<void> {
    const reached = new Promise<void>((resolve, reject) => {
      const look = () => {
        try {
          if (this.#wrong !== undefined) throw this.#wrong;
          if (holds()) resolve();
          else if (this.#isOver) throw new Error(`the connection ended while ${what} was to come`);
          else return;
        } catch (error) {
          reject(error);
        }
        this.#listeners.delete(look);
      };
      this.#listeners.add(look);
      look();
    });
    await within(reached, what, ms);
  }

  /** Waits for the server to close, with this code. */
  async closes(code: number, ms?: number): Promise<void> {
    const ended = await within(this.ended, `a close with ${code}`, ms);
    assert.equal(ended.code, code, `closed with ${ended.code} ${ended.reason}, not ${code}`);
  }

  close(): void {
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await within(this.ended, "the end of a connection");
  }

  #take(data: string | ArrayBuffer): void {
    try {
      const isText = typeof data === "string";
      assert.equal(isText, this.protocol !== CBOR, "a frame of the other kind");
      const size = isText ? new TextEncoder().encode(data).length : data.byteLength;
      assert(size < FRAME_MAX, `a frame of ${size} bytes`);
      const value = isText ? JSON.parse(data) : decode(new Uint8Array(data));
      for (const message of Array.isArray(value) ? value : [value]) {
        assert.equal(typeof message?.type, "string", "a message without a type");
        this.messages.push(message);
        this.#saw(message);
      }
    } catch (error) {
      this.#wrong ??= error;
    }
    this.#tell();
  }

  #tell(): void {
    for (const look of [...this.#listeners]) look();
  }
}
