import { CloseCode, type Closing } from "../protocol/close_code.ts";
import type { ClosableConnection, OpenConnections } from "./open_connections.ts";
import { dropSocket } from "./drop_socket.ts";
import type { Frame } from "../protocol/frame.ts";
import type { Session } from "../session/session.ts";
import type { Encoding } from "../protocol/subprotocol.ts";
import type { Transport } from "./transport.ts";

/** A peer that goes on sending so many bytes after it was sent away is not worth a close frame. */
const IGNORED_MAX = 1024 * 1024;

/** Deno begins to close a socket within so many milliseconds. */
const BEGIN_MS = 10;

/** Deno reads frames of any size, up to what no text can hold. */
const UNREADABLE: Closing = {
  code: CloseCode.messageTooLarge,
  reason: "A message has at most 64 KiB",
};

/**
 * A {@link Transport} over one of Deno's server WebSockets. It is its own event listener: closures for
 * each socket would cost kilobytes where there are thousands.
 */
export class DenoSocket implements Transport, ClosableConnection, EventListenerObject {
  readonly #socket: WebSocket;
  readonly #encoding: Encoding;
  /** Holds what came with the request; it is let go of once the connection stands. */
  #opened: ((socket: DenoSocket) => Session) | undefined;
  readonly #connections: OpenConnections;
  /** Let go of once it has ended, though the connection may stand for longer. */
  #session: Session | undefined;
  #received = 0;
  /** Bytes that came after the session had ended. */
  #ignored = 0;
  #whenGone: (() => void) | undefined;
  #isGone = false;
  /** Whether its peer had not taken all that was sent when it was closed. */
  #isStuck = false;
  #stuck: Stuck | undefined;

  /**
   * @param options `opened` is called once the connection stands; the socket is one of `connections`
   * from then on until the connection is gone
   */
  constructor(
    socket: WebSocket,
    { encoding, opened, connections }: {
      encoding: Encoding;
      opened: (socket: DenoSocket) => Session;
      connections: OpenConnections;
    },
  ) {
    this.#socket = socket;
    this.#encoding = encoding;
    socket.binaryType = "arraybuffer";
    this.#opened = opened;
    this.#connections = connections;
    for (const type of ["open", "message", "close", "error"]) socket.addEventListener(type, this);
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  get received(): number {
    return this.#received;
  }

  send(frame: Frame): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    try {
      this.#socket.send(this.#encoding === "json" ? frame.text : frame.binary);
    } catch {
      // It closed between the look and the sending.
      this.#session?.lost();
    }
  }

  close(code: CloseCode, reason: string): void {
    this.#session = undefined;
    if (!this.#isGone) this.#connections.end(this, code, reason);
  }

  whenGone(task: () => void): void {
    if (this.#isGone) task();
    else this.#whenGone = task;
  }

  finish(code: CloseCode, reason: string): void {
    // Deno says so only while the socket is open.
    this.#isStuck = this.buffered > 0;
    try {
      this.#socket.close(code, reason);
    } catch {
      // It was closed already.
    }
  }

  drop(code: CloseCode, reason: string): void {
    if (this.#isGone) return;
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.finish(code, reason);
      // Deno has to begin with the close frame before the socket is dropped: what is pending then holds
      // on to the socket until its peer has taken everything, or has hung up.
      if (this.#isStuck) return void setTimeout(() => this.drop(code, reason), BEGIN_MS);
    }
    if (!dropSocket(this.#socket)) return;
    if (this.#isStuck) {
      this.#stuck = new Stuck(this.#socket, {
        connections: this.#connections,
        whenGone: this.#whenGone,
      });
      this.#whenGone = undefined;
    }
    this.#gone();
  }

  handleEvent(event: Event): void {
    switch (event.type) {
      case "open":
        this.#connections.add(this);
        this.#session = this.#opened?.(this);
        this.#opened = undefined;
        if (this.#session?.isClosed) this.#session = undefined;
        return;
      case "message":
        return this.#take((event as MessageEvent).data);
      default: {
        // Its reading has failed, though the connection stands.
        if (this.#socket.readyState === WebSocket.OPEN) return this.#session?.close(UNREADABLE);
        const session = this.#session;
        // Deno fires `error` for a peer that vanished, and `close` never, once or twice.
        this.#gone();
        // What was pending has failed: its peer has hung up.
        if (event.type === "error") this.#stuck?.free();
        return session?.lost();
      }
    }
  }

  #take(data: string | ArrayBuffer): void {
    this.#received++;
    if (this.#session !== undefined) return this.#session.inbound?.receive(data);
    this.#ignored += typeof data === "string" ? data.length : data.byteLength;
    if (this.#ignored > IGNORED_MAX) this.drop(CloseCode.rateLimited, "");
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#session = undefined;
    this.#connections.delete(this);
    this.#whenGone?.();
    this.#whenGone = undefined;
  }
}

/** Takes room, and its user's place, as long as a socket that was dropped has bytes to write. */
class Stuck {
  /**
   * Deno does not say when its peer has taken them. But what Deno has pending holds on to the socket, so
   * that the socket is collected when that is over, and no earlier.
   */
  static readonly #collected = new FinalizationRegistry<Stuck>((stuck) => stuck.free());
  readonly #connections: OpenConnections;
  #whenGone: (() => void) | undefined;

  constructor(
    socket: WebSocket,
    { connections, whenGone }: { connections: OpenConnections; whenGone: (() => void) | undefined },
  ) {
    this.#connections = connections;
    this.#whenGone = whenGone;
    connections.add(this);
    Stuck.#collected.register(socket, this);
  }

  free(): void {
    this.#connections.delete(this);
    this.#whenGone?.();
    this.#whenGone = undefined;
  }
}
