import type { CloseCode } from "./close_code.ts";
import type { Frame } from "./frame.ts";
import type { Session } from "./session.ts";
import type { Encoding } from "./subprotocol.ts";
import type { Transport } from "./transport.ts";

/** A peer that is sent away is listened to until it was silent for so long … */
const SILENCE_MS = 20;
/** … or has gone on for so many times as long. */
const SILENCES = 50;
/** One that has said nothing yet is about to, and has so many times as long. */
const SILENCES_BEFORE_HELLO = 12;

/**
 * A {@link Transport} over one of Deno's server WebSockets. It is its own event listener: closures for
 * each socket would cost kilobytes where there are thousands.
 */
export class DenoSocket implements Transport, EventListenerObject {
  readonly #socket: WebSocket;
  readonly #encoding: Encoding;
  /** Holds what came with the request; it is let go of once the connection stands. */
  #opened: ((socket: DenoSocket) => Session) | undefined;
  readonly #standing: Set<Transport>;
  /** Let go of once it has ended, though the connection may stand for longer. */
  #session: Session | undefined;
  #received = 0;

  /**
   * @param options `opened` is called once the connection stands; the socket is in `standing` from
   * then on until the connection is gone, which a stalled peer may put off for ever
   */
  constructor(
    socket: WebSocket,
    { encoding, opened, standing }: {
      encoding: Encoding;
      opened: (socket: DenoSocket) => Session;
      standing: Set<Transport>;
    },
  ) {
    this.#socket = socket;
    this.#encoding = encoding;
    socket.binaryType = "arraybuffer";
    this.#opened = opened;
    this.#standing = standing;
    for (const type of ["open", "message", "close", "error"]) socket.addEventListener(type, this);
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
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
    const times = this.#received === 0 ? SILENCES_BEFORE_HELLO : SILENCES;
    this.#closeAfterSilence(code, reason, times);
  }

  /**
   * Deno cuts a connection on which something arrives after `close()`, as a `hello` does where a
   * session is refused at once. The peer may then see neither code nor reason, and come back to where
   * it is not wanted.
   */
  #closeAfterSilence(code: CloseCode, reason: string, times: number): void {
    const received = this.#received;
    setTimeout(() => {
      const isSilent = this.#received === received && received > 0;
      if (isSilent || times === 0) this.#closeNow(code, reason);
      else this.#closeAfterSilence(code, reason, times - 1);
    }, SILENCE_MS);
  }

  #closeNow(code: CloseCode, reason: string): void {
    try {
      this.#socket.close(code, reason);
    } catch {
      // It was closed already.
    }
  }

  handleEvent(event: Event): void {
    switch (event.type) {
      case "open":
        this.#standing.add(this);
        this.#session = this.#opened?.(this);
        if (this.#session?.isClosed) this.#session = undefined;
        this.#opened = undefined;
        return;
      case "message":
        this.#received++;
        return this.#session?.inbound?.receive((event as MessageEvent).data);
      default:
        // Deno fires `error` for a peer that vanished, and `close` never, once or twice.
        this.#standing.delete(this);
        return this.#session?.lost();
    }
  }
}
