import { type ClientMessage, readMessage, type Rejected } from "./client_message.ts";
import { CloseCode } from "./close_code.ts";
import { errorFrame } from "./frames.ts";
import type { MessageLimit } from "./message_limit.ts";
import { readFrame } from "./read_frame.ts";
import type { Session } from "./session.ts";

/** Messages of one session that wait while an earlier one is dealt with. */
const WAITING_MAX = 256;
/** A client that gets so much wrong is not one of ours. */
const REJECTED_MAX = 50;

/** What is done with a well-formed message; it must not reject. */
export type HandleMessage = (message: ClientMessage) => Promise<void> | void;

/** Takes in what one client sends: frames become messages, which are dealt with one after the other. */
export class Inbound {
  readonly #session: Session;
  readonly #handle: HandleMessage;
  readonly #limit: MessageLimit | undefined;
  readonly #waiting: ClientMessage[] = [];
  #working = false;
  #rejected = 0;

  /** @param limit how much its client may say; as much as it likes unless given */
  constructor(session: Session, handle: HandleMessage, limit?: MessageLimit) {
    this.#session = session;
    this.#handle = handle;
    this.#limit = limit;
  }

  /** @param data what a frame held: text as a string, bytes as an `ArrayBuffer` */
  receive(data: unknown): void {
    if (this.#session.isClosed) return;
    const frame = readFrame(data, this.#session.encoding);
    if (frame.closing !== undefined) return this.#session.close(frame.closing);
    const { value: held } = frame;
    for (const value of Array.isArray(held) ? held : [held]) this.#accept(value);
    if (!this.#working) void this.#work();
  }

  #accept(value: unknown): void {
    if (this.#session.isClosed || this.#limit?.refuses(this.#session, value)) return;
    const read = readMessage(value);
    if ("rejected" in read) {
      const isFirst = this.#session.user === undefined && !this.#working &&
        this.#waiting.length === 0;
      return isFirst ? this.#violation(whyNotFirst(value)) : this.#reject(read.rejected);
    }
    const message = read.accepted;
    if (message.type === "pong" && this.#session.user !== undefined) {
      // It says that the peer is there, however long the store takes for what it said before.
      void this.#handle(message);
      return;
    }
    if (this.#waiting.length >= WAITING_MAX) {
      // It is the protocol, only too much of it.
      const reason = "Too many messages before an answer";
      return this.#session.close({ code: CloseCode.rateLimited, reason, retryAfterMs: 1_000 });
    }
    this.#waiting.push(message);
  }

  #reject({ code, message, ref }: Rejected): void {
    if (++this.#rejected > REJECTED_MAX) return this.#violation("Too many messages were not valid");
    this.#session.answer(errorFrame({ code, message, ref }));
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (
      let message = this.#waiting.shift();
      message !== undefined && !this.#session.isClosed;
      message = this.#waiting.shift()
    ) {
      const done = this.#handle(message);
      if (done !== undefined) await done;
    }
    this.#working = false;
  }

  #violation(reason: string): void {
    this.#session.close({ code: CloseCode.protocolError, reason });
  }
}

function whyNotFirst(value: unknown): string {
  const { type } = Object(value) as { type?: unknown };
  return type === "hello"
    ? "Not every field of `hello` is as the protocol says"
    : "The first message is `hello`";
}
