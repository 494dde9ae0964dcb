import type { UserId } from "../../domain/stream_name.ts";
import { CloseCode, type Closing } from "../protocol/close_code.ts";
import { Frame } from "../protocol/frame.ts";
import { encodeDisconnect } from "../protocol/encode_message.ts";
import type { Inbound } from "./inbound.ts";
import type { Encoding } from "../protocol/subprotocol.ts";
import type { Active } from "./active.ts";
import type { Transport } from "../transport/transport.ts";

/** Above so many bytes that a device has not taken yet, nothing more is sent: it is parked. */
export const PAUSE_ABOVE_BYTES = 256 * 1024;
/** Below so many bytes a parked device goes on. */
export const RESUME_BELOW_BYTES = 64 * 1024;
/** Up to so many bytes, answers to what a device says are sent also while it is parked. */
const REPLY_BELOW_BYTES = 2 * PAUSE_ABOVE_BYTES;

/** From where a connection was made, as its request said. It is kept until the connection is welcomed. */
export interface ClientInfo {
  readonly origin?: string;
  readonly host?: string;
  /** Of the connection: a proxy's, where there is one. */
  readonly address?: string;
}

/** A session whose token is not checked yet, or that has ended. */
export interface Handshaking {
  readonly phase: "handshaking";
}

/** Only an active session has a user, a token and subscriptions. */
export type SessionState = Handshaking | Active;

const HANDSHAKING: Handshaking = { phase: "handshaking" };

/** One live connection of one user's device. */
export class Session {
  readonly id: string;
  /** How its client writes. */
  readonly encoding: Encoding;
  /** From where it came, for those who have to find out why it was refused; undefined once it is welcomed. */
  clientInfo: ClientInfo | undefined;
  /** Takes what its client sends; undefined where it has ended. */
  inbound: Inbound | undefined;
  #state: SessionState = HANDSHAKING;
  readonly #transport: Transport;
  readonly #ended: (session: Session, closing: Closing | undefined) => void;
  #closed = false;
  /** Whether it was ended while its device had not taken all that was sent. */
  #isBehind = false;
  /** No more bytes than these are buffered. */
  #bufferedMax = 0;

  /** @param ended called once, at the moment it is decided, or noticed, that the session is over */
  constructor(
    id: string,
    { transport, encoding = "json", ended }: {
      transport: Transport;
      encoding?: Encoding | undefined;
      ended: (session: Session, closing: Closing | undefined) => void;
    },
  ) {
    this.id = id;
    this.encoding = encoding;
    this.#transport = transport;
    this.#ended = ended;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Bytes that the device has not taken yet. */
  get buffered(): number {
    return this.#transport.buffered;
  }

  /** Whether more can be sent without a backlog forming. */
  get isWritable(): boolean {
    if (this.#closed) return false;
    // Asking a socket costs a tenth of sending, so that it is asked only when it may hold as much.
    // Server-sent events take more bytes than their frames say.
    if (this.#bufferedMax > PAUSE_ABOVE_BYTES || this.isOneWay) {
      this.#bufferedMax = this.#transport.buffered;
    }
    return this.#bufferedMax <= PAUSE_ABOVE_BYTES;
  }

  get state(): SessionState {
    return this.#state;
  }

  get active(): Active | undefined {
    return this.#state.phase === "active" ? this.#state : undefined;
  }

  get user(): UserId | undefined {
    return this.active?.user;
  }

  get isWelcomed(): boolean {
    return this.active?.isWelcomed === true;
  }

  /** The session's token was found good. */
  activate(active: Active): void {
    this.#state = active;
  }

  /** Whether its client can say nothing. */
  get isOneWay(): boolean {
    return this.#transport.isOneWay === true;
  }

  send(frame: Frame): void {
    if (this.#closed) return;
    this.#bufferedMax += frame.bytesMax;
    this.#transport.send(frame);
  }

  /** Sends a message that is for this device alone. */
  sendMessage(message: string): void {
    this.send(new Frame([message]));
  }

  /** Answers what its client said; closes on one that goes on talking and reads no answer. */
  sendReply(message: string): void {
    if (this.buffered > REPLY_BELOW_BYTES) {
      return this.close({ code: CloseCode.tooSlow, reason: "The answers are not read" });
    }
    this.sendMessage(message);
  }

  /** Says why, closes, and forgets the session at once, whatever its peer does. */
  close(closing: Closing): void {
    if (this.#closed) return;
    // First, since it may turn out while sending that the peer has gone.
    this.#closed = true;
    this.#isBehind = this.#transport.buffered > 0 || this.isOneWay;
    try {
      this.#transport.send(new Frame([encodeDisconnect(closing)]));
      this.#transport.close(closing.code, closing.reason);
    } finally {
      // The session has to leave its channels and limits, even where the transport throws.
      this.#ended(this, closing);
    }
  }

  /**
   * Calls `task` when its connection holds nothing any more; to be called once it has ended. A peer that
   * does not read may keep memory for as long as it likes.
   */
  whenFree(task: () => void): void {
    if (this.#isBehind) this.#transport.whenGone(task);
    else task();
  }

  /** Lets go of all that it held: its peer may keep the connection for as long as it likes. */
  drop(): void {
    this.inbound?.drop();
    this.inbound = undefined;
    this.#state = HANDSHAKING;
  }

  /** The peer has gone. */
  lost(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ended(this, undefined);
  }
}
