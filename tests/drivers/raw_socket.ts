import { decode, encode } from "cborg";
import { EventEmitter } from "node:events";
import type * as protocol from "../../protocol/messages.ts";
import { type Answer, type NodeSocket, NodeWebSocket } from "./node_web_socket.ts";
import { DEADLINE_MS, DeadlineMissed, within } from "./deadline.ts";

type FieldOf<Message> = Message extends Message ? keyof Message : never;

/**
 * A message of the server: any field of the protocol, unchecked, as tests are about what a field holds.
 * The compiler refuses a field that no message of the protocol has.
 */
export type ServerMessage =
  & { readonly type: string }
  // deno-lint-ignore no-explicit-any -- see above
  & { readonly [Field in Exclude<FieldOf<protocol.ServerMessage>, "type">]?: any };

/** How a connection ended. */
export interface Ended {
  /** Of the close frame; 1006 where there was none. */
  readonly code: number;
  readonly reason: string;
}

/** How a socket is opened. */
export interface RawSocketOptions {
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM text of the authority to trust. */
  readonly caCert?: string | undefined;
  /** Milliseconds that the upgrade may take. */
  readonly ms?: number;
}

/** The upgrade was answered with something else. */
export class UpgradeRefused extends Error {
  override readonly name = "UpgradeRefused";
  constructor(readonly status: number, readonly body: string) {
    super(`The upgrade was refused with ${status}: ${body}`);
  }
}

/**
 * A WebSocket of the package `ws`, a client that shares no code with Deno's. It records all that
 * arrives, and can do what a bad network does.
 */
export class RawSocket implements AsyncDisposable {
  /** Messages, those that came in one frame one after the other. */
  readonly messages: ServerMessage[] = [];
  /** The size of each frame in bytes. */
  readonly frames: number[] = [];
  readonly ended: Promise<Ended>;
  #end: Ended | undefined;
  readonly #socket: NodeSocket;
  readonly #changed = new EventEmitter();

  private constructor(socket: NodeSocket) {
    this.#socket = socket;
    this.#changed.setMaxListeners(0);
    this.ended = new Promise((resolve) => {
      socket.on("close", (code: number, reason: Uint8Array) => {
        this.#end = { code, reason: new TextDecoder().decode(reason) };
        resolve(this.#end);
        this.#changed.emit("change");
      });
    });
    socket.on("message", (data: Uint8Array, isBinary: boolean) => this.#take(data, isBinary));
    // What matters of an error is that the connection ends with it.
    socket.on("error", () => {});
  }

  /**
   * Connects.
   *
   * @throws {UpgradeRefused} where the answer is not 101
   * @throws {DeadlineMissed} where there is none in time
   */
  static async open(url: string, options: RawSocketOptions = {}): Promise<RawSocket> {
    const { protocols = [], headers = {}, caCert, ms = DEADLINE_MS } = options;
    const socket = new NodeWebSocket(url, protocols, {
      headers,
      perMessageDeflate: false,
      ...(caCert === undefined ? {} : { ca: caCert }),
    });
    const client = new RawSocket(socket);
    const open = new Promise<void>((resolve, reject) => {
      socket.on("open", resolve);
      socket.on("error", reject);
      socket.on("unexpected-response", (request: EventEmitter, response: Answer) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => body += text);
        response.on("end", () => {
          request.emit("abort");
          socket.terminate();
          reject(new UpgradeRefused(response.statusCode, body));
        });
      });
    });
    try {
      await within(open, `a connection to ${url}`, ms);
    } catch (error) {
      socket.terminate();
      throw error;
    }
    return client;
  }

  /** The subprotocol that the server chose. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  get #isBinary(): boolean {
    return this.protocol === "bellwire.v1.cbor";
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Sends a message, or a frame as it is; resolves when it was handed to the system. */
  async send(data: unknown): Promise<void> {
    const frame = typeof data === "string" || data instanceof Uint8Array
      ? data
      : this.#isBinary
      ? encode(data)
      : JSON.stringify(data);
    await new Promise<void>((resolve) => {
      // That the connection ends meanwhile shows in other ways.
      this.#socket.send(frame, { binary: typeof frame !== "string" }, () => resolve());
    });
  }

  /** Stops to read: what is sent fills the buffers of both systems, and then waits at the sender. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Vanishes: no close frame, the connection is just gone. */
  async drop(): Promise<void> {
    this.#socket.terminate();
    await this.ended;
  }

  /** Says goodbye. */
  async close(code = 1000): Promise<void> {
    this.#socket.close(code);
    await within(this.ended, "the end of a connection that was closed");
  }

  /**
   * Waits for a message, one of those that arrived included.
   *
   * @throws {DeadlineMissed} also where the connection ends before
   */
  async message(
    matches: string | ((message: ServerMessage) => boolean),
    { from = 0, ms = DEADLINE_MS }: { from?: number; ms?: number } = {},
  ): Promise<ServerMessage> {
    const test = typeof matches === "string"
      ? (message: ServerMessage) => message.type === matches
      : matches;
    let at = from;
    let found: ServerMessage | undefined;
    await this.until(
      () => {
        for (; at < this.messages.length && found === undefined; at++) {
          const message = this.messages[at] as ServerMessage;
          if (test(message)) found = message;
        }
        return found !== undefined;
      },
      `a message (${matches})`,
      ms,
    );
    return found as ServerMessage;
  }

  /**
   * Waits until something holds, which is looked at whenever a message arrives.
   *
   * @throws {DeadlineMissed} also where the connection ends before
   */
  async until(holds: () => boolean, what: string, ms = DEADLINE_MS): Promise<void> {
    const describe = () => `${what}; last messages: ${this.#lastMessages()}`;
    let stop = () => {};
    const held = new Promise<void>((resolve, reject) => {
      const look = () => {
        try {
          if (holds()) resolve();
          else if (this.#end !== undefined) {
            const { code, reason } = this.#end;
            reject(new DeadlineMissed(`Closed with ${code} ${reason} before ${describe()}`));
          }
        } catch (error) {
          reject(error);
        }
      };
      this.#changed.on("change", look);
      stop = () => void this.#changed.off("change", look);
      look();
    });
    try {
      await within(held, describe, ms);
    } finally {
      stop();
    }
  }

  /** Waits for the server to close, and gives its `disconnect` with what the close frame said. */
  async closedByServer(ms?: number): Promise<Ended & { disconnect: ServerMessage | undefined }> {
    const ended = await within(
      this.ended,
      () => `the server to close; last messages: ${this.#lastMessages()}`,
      ms,
    );
    return { ...ended, disconnect: this.messages.findLast(({ type }) => type === "disconnect") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop();
  }

  /** Is called for each message, in order. */
  onMessage: (message: ServerMessage) => void = () => {};

  #take(data: Uint8Array, isBinary: boolean): void {
    this.frames.push(data.byteLength);
    const parsed = this.#parse(data, isBinary);
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) {
      this.messages.push(message);
      this.onMessage(message);
    }
    this.#changed.emit("change");
  }

  /** What has the wrong form becomes a message of no known type. */
  #parse(data: Uint8Array, isBinary: boolean): ServerMessage | ServerMessage[] {
    if (isBinary !== this.#isBinary) {
      return { type: isBinary ? "a binary frame" : "a text frame" };
    }
    return isBinary ? decode(new Uint8Array(data)) : JSON.parse(new TextDecoder().decode(data));
  }

  #lastMessages(): string {
    return this.messages.slice(-5).map((message) => JSON.stringify(message).slice(0, 300))
      .join("\n");
  }
}
