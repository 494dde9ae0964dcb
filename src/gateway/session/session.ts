import type { UserToken } from "../../auth/token_verifier.ts";
import type { Counts } from "../../domain/item.ts";
import type { StreamName, UserId } from "../../domain/stream_name.ts";
import type { ClientInfo } from "./client_info.ts";
import { CloseCode, type Closing } from "../protocol/close_code.ts";
import { Frame } from "../protocol/frame.ts";
import { encodeDisconnect } from "../protocol/encode_message.ts";
import type { Inbound } from "./inbound.ts";
import type { UserState } from "../fanout/user_state.ts";
import type { Encoding } from "../protocol/subprotocol.ts";
import type { Subscription } from "../fanout/subscription.ts";
import { type PackedCounts, unpackCounts } from "../fanout/packed_counts.ts";
import type { Transport } from "../transport/transport.ts";

/** Above so many bytes that a device has not taken yet, nothing more is sent: it is parked. */
export const PAUSE_ABOVE_BYTES = 256 * 1024;
/** Below so many bytes a parked device goes on. */
export const RESUME_BELOW_BYTES = 64 * 1024;
/** Up to so many bytes, answers to what a device says are sent also while it is parked. */
const REPLY_BELOW_BYTES = 2 * PAUSE_ABOVE_BYTES;

/** One live connection of one user's device. */
export class Session {
  readonly id: string;
  /** How its client writes. */
  readonly encoding: Encoding;
  /** How it follows its user's own stream; undefined until it has said hello. */
  own: Subscription | undefined;
  #topics: readonly Subscription[] = [];
  /** Undefined until it has said hello. */
  user: UserId | undefined;
  /** What the token says that it is connected with now; undefined until it has said hello. */
  token: UserToken | undefined;
  /** Whose device it is; undefined until it has said hello. */
  member: UserState | undefined;
  /** From where it came, for those who have to find out why it was refused; undefined once it is welcomed. */
  clientInfo: ClientInfo | undefined;
  /** Takes what its client sends; undefined where it has ended. */
  inbound: Inbound | undefined;
  /** Whether it was told what it follows; only then may that change. */
  isWelcomed = false;
  /** When its token expires, in milliseconds since the epoch. */
  expiresAt = 0;
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

  /** How it follows its user's topics. */
  get topics(): readonly Subscription[] {
    return this.#topics;
  }

  set topics(topics: readonly Subscription[]) {
    this.#topics = topics;
    for (const subscription of this.subscriptions) subscription.invalidateCounts();
  }

  get subscriptions(): readonly Subscription[] {
    return this.own === undefined ? [] : [this.own, ...this.#topics];
  }

  /** The user's totals over all streams that are followed here. */
  get counts(): Counts {
    return unpackCounts(this.packedCountsExcept(undefined));
  }

  /** The same without one of them. */
  packedCountsExcept(left: Subscription | undefined): PackedCounts {
    let packedCounts = 0;
    if (this.own !== undefined && this.own !== left) packedCounts += this.own.packedCounts;
    for (const topic of this.#topics) {
      if (topic !== left) packedCounts += topic.packedCounts;
    }
    return packedCounts;
  }

  /** Grows whenever that, or the user's part in a topic, may have changed; as long as the topics stay. */
  countsVersionExcept(left: Subscription): number {
    let version = this.member?.version ?? 0;
    for (const topic of this.#topics) {
      if (topic !== left) version += topic.channel.state.version;
    }
    return version;
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
  say(message: string): void {
    this.send(new Frame([message]));
  }

  /** Answers what its client said; closes on one that goes on talking and reads no answer. */
  answer(message: string): void {
    if (this.buffered > REPLY_BELOW_BYTES) {
      return this.close({ code: CloseCode.tooSlow, reason: "The answers are not read" });
    }
    this.say(message);
  }

  /**
   * Its device forgets a topic when it is told that the user has left it, which may be long ago: the
   * user may have come back since, and the device gets the topic anew.
   */
  restartTopic(topic: StreamName | undefined): void {
    for (const subscription of this.topics) {
      if (subscription.channel.stream === topic) subscription.restart();
    }
  }

  /** Says why, closes, and forgets the session at once, whatever its peer does. */
  close(closing: Closing): void {
    if (this.#closed) return;
    // First, since it may turn out while sending that the peer has gone.
    this.#closed = true;
    this.#isBehind = this.#transport.buffered > 0 || this.isOneWay;
    this.#transport.send(new Frame([encodeDisconnect(closing)]));
    this.#transport.close(closing.code, closing.reason);
    this.#ended(this, closing);
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
    this.own = undefined;
    this.topics = [];
    this.member = undefined;
    this.token = undefined;
  }

  /** The peer has gone. */
  lost(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ended(this, undefined);
  }
}
