import type { ClientMessage } from "../../../protocol/messages.ts";
import {
  readHello,
  type Rejected,
  type ValidatedMessage,
  validateMessage,
} from "../protocol/validate_message.ts";
import type { UserId } from "../../domain/stream_name.ts";
import { CloseCode } from "../protocol/close_code.ts";
import { encodeError } from "../protocol/encode_message.ts";
import type { HandshakeMemoryLimit } from "./handshake_memory_limit.ts";
import type { MessageLimit } from "./message_limit.ts";
import { frameViolation, type RawFrame, readFrame, sizeOf } from "../protocol/read_frame.ts";
import { costOfSending } from "../../limits/work_cost.ts";
import type { Session } from "./session.ts";

/** Bytes of one session that may wait while an earlier message is dealt with … */
export const WAITING_MAX = 256 * 1024;
/** … and while nothing is known of its user. */
export const WAITING_BEFORE_ADMISSION = 32 * 1024;
/** One frame may hold so many messages. */
const MESSAGES_MAX = 256;
/** A `pong` is looked for in frames of up to so many bytes while others wait. */
const PONG_MAX = 128;
/** A client that gets so much wrong is not one of ours. */
const REJECTED_MAX = 50;

/** Deals with what a client says. Nothing of it may reject. */
export interface Listener {
  /** Checks the token of a `hello`. It has closed the session where the client may not go on. */
  authenticate(token: string | undefined): Promise<unknown> | void;
  /** Carries out a well-formed message. */
  handle(message: ClientMessage): Promise<void> | void;
}

/**
 * Takes in what one client sends: frames become messages, which are dealt with one after the other. A
 * frame stays as it came until it is its turn, so that at most one of a session is parsed at a time,
 * and everything is answered in the order in which it was said.
 */
export class Inbound {
  readonly #session: Session;
  readonly #listener: Listener;
  readonly #handshakeMemory: HandshakeMemoryLimit | undefined;
  readonly #limit: MessageLimit | undefined;
  readonly #waited: (user: UserId) => void;
  readonly #waiting = new WaitingFrames();
  /** The frame that holds the `hello`, while its token is checked. */
  #hello: RawFrame | undefined;
  /** What is left of the frame whose turn it is. */
  #reads: ValidatedMessage[] = [];
  /** The bytes of that frame for each of its messages. */
  #bytesEach = 0;
  #working = false;
  #rejected = 0;

  /**
   * @param options `lobby` counts what is held before the client's token is checked; `limit` is how much
   * the client may say, as much as it likes unless given; `waited` is called when more waits of a user
   */
  constructor(
    session: Session,
    listener: Listener,
    { handshakeMemory, limit, waited = () => {} }: {
      handshakeMemory?: HandshakeMemoryLimit | undefined;
      limit?: MessageLimit | undefined;
      waited?: (user: UserId) => void;
    } = {},
  ) {
    this.#session = session;
    this.#listener = listener;
    this.#handshakeMemory = handshakeMemory;
    this.#limit = limit;
    this.#waited = waited;
  }

  /** Bytes that wait while an earlier message is dealt with. */
  get waitingBytes(): number {
    return this.#waiting.bytes;
  }

  /** @param data what a frame held: text as a string, bytes as an `ArrayBuffer` */
  receive(data: unknown): void {
    if (this.#session.isClosed) return;
    const closing = frameViolation(data, this.#session.encoding);
    if (closing !== undefined) return this.#session.close(closing);
    const frame = data as RawFrame;
    if (this.#working && this.#isPong(frame)) return;
    this.#waiting.add(frame);
    if (this.#working) this.#lookAtWaiting(frame);
    else void this.#work();
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return !this.#working;
  }

  /** Lets go of all that is held for the session; to be called when it has ended. */
  drop(): void {
    this.#waiting.clear();
    this.#hello = undefined;
    this.#reads = [];
  }

  #lookAtWaiting(frame: RawFrame): void {
    const { user } = this.#session;
    if (user !== undefined) {
      if (this.#waiting.bytes > WAITING_MAX) this.#tooMuch("Too many messages before an answer");
      else this.#waited(user);
      return;
    }
    if (this.#waiting.bytes > WAITING_BEFORE_ADMISSION) {
      return this.#tooMuch("Wait for `welcome` before you send more");
    }
    this.#handshakeMemory?.hold(this.#session, costOf(frame));
  }

  /** A pong says that the peer is there, however long the store takes for what it said before. */
  #isPong(frame: RawFrame): boolean {
    if (this.#session.user === undefined || sizeOf(frame) > PONG_MAX) return false;
    const { value } = readFrame(frame);
    if ((Object(value) as { type?: unknown }).type !== "pong") return false;
    if (!this.#limit?.refuses(this.#session, value, 0)) {
      void this.#listener.handle({ type: "pong" });
    }
    return true;
  }

  /** Holds no frame in a variable: what waits has to be gone when the session is. */
  async #work(): Promise<void> {
    this.#working = true;
    try {
      while (this.#hasMore) {
        const done = this.#step();
        if (done !== undefined) await done;
      }
    } catch (error) {
      // A bug: a session that went on would hear nothing more.
      this.#session.close({ code: CloseCode.internal, reason: "Something went wrong here" });
      throw error;
    }
    this.#working = false;
  }

  get #hasMore(): boolean {
    return !this.#session.isClosed &&
      (this.#reads.length > 0 || this.#hello !== undefined || this.#waiting.bytes > 0);
  }

  /** Deals with a message, or opens the next frame. */
  #step(): Promise<unknown> | void {
    const read = this.#reads.shift();
    if (read !== undefined) return this.#dealWith(read);
    const frame = this.#hello ?? this.#waiting.next();
    if (frame === undefined) return;
    if (this.#session.user === undefined) return this.#greet(frame);
    this.#reads = this.#read(frame);
    this.#hello = undefined;
  }

  /**
   * Has the token of a `hello` checked. The frame is read again once the client is known: until then
   * nothing is kept of it but its bytes.
   */
  #greet(frame: RawFrame): Promise<unknown> | void {
    const { value, closing } = readFrame(frame);
    if (closing !== undefined) return this.#session.close(closing);
    if (Array.isArray(value) && value.length === 0) return;
    const first = Array.isArray(value) ? value[0] : value;
    const hello = readHello(first);
    if (hello === undefined) return this.#violation(firstMessageViolation(first));
    this.#hello = frame;
    this.#handshakeMemory?.hold(this.#session, costOf(frame));
    if (!this.#session.isClosed) return this.#listener.authenticate(hello.token);
  }

  #read(frame: RawFrame): ValidatedMessage[] {
    const { value, closing } = readFrame(frame);
    const reads: ValidatedMessage[] = [];
    const isFirst = frame === this.#hello;
    if (closing !== undefined) {
      this.#session.close(closing);
      return reads;
    }
    let rejected = this.#rejected;
    for (const message of Array.isArray(value) ? value : [value]) {
      const read = validateMessage(message);
      if (isFirst && reads.length === 0 && read.rejected !== undefined) {
        this.#violation(firstMessageViolation(message));
        return [];
      }
      reads.push(read);
      if (read.rejected !== undefined && ++rejected > REJECTED_MAX) break;
      if (reads.length > MESSAGES_MAX) {
        this.#tooMuch("Too many messages in one frame");
        return [];
      }
    }
    this.#bytesEach = sizeOf(frame) / Math.max(1, reads.length);
    return reads;
  }

  #dealWith({ accepted, rejected }: ValidatedMessage): Promise<void> | void {
    if (this.#limit?.refuses(this.#session, accepted ?? rejected, this.#costOf(accepted))) return;
    return accepted === undefined ? this.#reject(rejected) : this.#listener.handle(accepted);
  }

  /**
   * What a message counts for with its user. The service asks for a pong, and `hello` was counted as
   * a connection: a client whose user owes work still gets its welcome, and keeps its connection.
   */
  #costOf(message: ClientMessage | undefined): number {
    if (message?.type === "pong" || message?.type === "hello") return 0;
    const items = message?.type === "mark" ? message.items?.length ?? 0 : 0;
    return costOfSending({ bytes: this.#bytesEach, items });
  }

  #reject({ code, message, ref }: Rejected): void {
    if (++this.#rejected > REJECTED_MAX) return this.#violation("Too many messages were not valid");
    this.#session.sendReply(encodeError({ code, message, ref }));
  }

  /** It is the protocol, only too much of it. */
  #tooMuch(reason: string): void {
    this.#session.close({ code: CloseCode.rateLimited, reason, retryAfterMs: 1_000 });
  }

  #violation(reason: string): void {
    this.#session.close({ code: CloseCode.protocolError, reason });
  }
}

function firstMessageViolation(value: unknown): string {
  const { type } = Object(value) as { type?: unknown };
  return type === "hello"
    ? "Not every field of `hello` is as the protocol says"
    : "The first message is `hello`";
}

/** Each frame counts for at least so many bytes: a tiny one costs more than it holds. */
const FRAME_MIN = 1024;

/** Bytes for which a frame counts while it waits. */
function costOf(frame: RawFrame): number {
  return Math.max(FRAME_MIN, sizeOf(frame));
}

/**
 * Frames of one session that wait until the one before is dealt with, as they came: what they hold may
 * take fifty times as much memory once it is parsed.
 */
class WaitingFrames {
  #frames: RawFrame[] = [];
  #bytes = 0;

  /** Bytes that wait, as {@link costOf} counts them. */
  get bytes(): number {
    return this.#bytes;
  }

  add(frame: RawFrame): void {
    this.#frames.push(frame);
    this.#bytes += costOf(frame);
  }

  next(): RawFrame | undefined {
    const frame = this.#frames.shift();
    if (frame !== undefined) this.#bytes -= costOf(frame);
    return frame;
  }

  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }
}
