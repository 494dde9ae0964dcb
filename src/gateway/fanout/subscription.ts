import type { Cursor } from "../../domain/resume.ts";
import type { Seq } from "../../domain/item.ts";
import { reachOf, type TopicMembership } from "../../domain/topic_membership.ts";
import type { Channel } from "./channel.ts";
import type { EncodedBatch } from "./encoded_batch.ts";
import type { Frame } from "../protocol/frame.ts";
import type { WireStream } from "../protocol/encode_message.ts";
import type { Active } from "../session/active.ts";
import type { Session } from "../session/session.ts";
import type { PackedCounts } from "./packed_counts.ts";

/** No version is below 0. */
const NEVER = -1;

/**
 * How far the device of one session has come in one stream.
 *
 * *Live*: the next event goes straight out. Otherwise it is *catching up*, as after connecting, when
 * it was too slow, and where an event is missing: whatever the reason, its cursor is all it takes.
 */
export class Subscription {
  readonly active: Active;
  readonly session: Session;
  readonly channel: Channel;
  /** Everything up to here was sent; undefined for a device that has nothing yet. */
  cursor: Cursor | undefined;
  /** The user has joined the topic while the device was connected: all that there is of it is news. */
  joinedWhileConnected = false;
  #live = false;
  #ended = false;
  #lookAgain = false;
  /** The user's part in the topic, and what the user's other streams count, at a version of all that. */
  #membership: TopicMembership | undefined;
  #others: PackedCounts = 0;
  #version = NEVER;
  readonly #onFellBehind: (subscription: Subscription) => void;

  constructor({ active, channel, cursor, onFellBehind }: {
    active: Active;
    channel: Channel;
    cursor: Cursor | undefined;
    /** Has to bring the device up to date and then call {@link Subscription.tryGoLive}. */
    onFellBehind: (subscription: Subscription) => void;
  }) {
    this.active = active;
    this.session = active.session;
    this.channel = channel;
    this.cursor = cursor;
    this.#onFellBehind = onFellBehind;
  }

  /** What the stream counts for the session's user now. */
  get counts(): PackedCounts {
    return this.channel.countsFor(this.active);
  }

  get wire(): WireStream {
    return this.channel.wire;
  }

  /** The user follows other streams than before. */
  invalidateCounts(): void {
    this.#version = NEVER;
  }

  /** Takes events as they happen; while it catches up it lets them pass, to read them later. */
  take(batch: EncodedBatch): void {
    if (!this.#live || this.cursor === undefined) return;
    const { epoch, first, last } = batch;
    const { seq } = this.cursor;
    if (epoch !== this.cursor.epoch) return this.fallBehind();
    if (last <= seq) return;
    if (first > seq + 1) return this.fallBehind();
    this.#lookAtUser();
    // Another device was faster to mark what comes here only now: it is not as new as live events say.
    if (this.#membership !== undefined && reachOf(this.#membership) >= first) {
      return this.fallBehind();
    }
    // A device that has just caught up may have the first ones of several events already.
    let sent: Seq = seq;
    for (const frame of this.#framesAfter(seq, batch)) {
      if (!this.session.isWritable) return this.fallBehind();
      this.session.send(frame);
      sent += frame.messages.length;
      this.cursor = { epoch, seq: sent };
    }
    for (const topic of batch.left) this.active.restartTopic(topic);
  }

  /** With the user's totals right after each event of a delivery. */
  #framesAfter(seq: Seq, batch: EncodedBatch): readonly Frame[] {
    const { channel } = this;
    const totalAfter = (event: number) =>
      channel.countsAfter(batch, event, this.#membership) + this.#others;
    return batch.events.length === 1
      ? batch.framesOfOne(totalAfter(0))
      : batch.framesAfter(seq, batch.events.map((_, event) => totalAfter(event)));
  }

  /** Looks at the user's part in the topic, and at the other streams, where they may have changed. */
  #lookAtUser(): void {
    const version = this.active.countsVersionExcept(this);
    if (version === this.#version) return;
    this.#membership = this.channel.membershipOf(this.active);
    this.#others = this.active.countsExcept(this);
    this.#version = version;
  }

  get isLive(): boolean {
    return this.#live;
  }

  /** Whether there is nobody to tell any more. */
  get isEnded(): boolean {
    return this.#ended || this.session.isClosed;
  }

  /** The user has left the topic, or the session has ended: nothing more is sent. */
  end(): void {
    this.#ended = true;
    this.#live = false;
  }

  /** Something may be missing: has it catch up, or look once more if it is just doing so. */
  fallBehind(): void {
    if (!this.#live) {
      this.#lookAgain = true;
      return;
    }
    // Its peer may have vanished in the middle of a delivery: then it has left the channel already.
    if (this.isEnded) return;
    this.#live = false;
    this.channel.addCatchingUp();
    this.#onFellBehind(this);
  }

  /** The device has forgotten what it had of the stream, and gets it anew. */
  restart(): void {
    this.cursor = undefined;
    this.fallBehind();
  }

  /**
   * From now on events go straight out, unless somebody has asked to look again, or more has happened
   * since the cursor than the channel remembers.
   *
   * @returns what has happened since, to be taken first; undefined where it is not live
   */
  tryGoLive(): readonly EncodedBatch[] | undefined {
    const since = this.#lookAgain || this.cursor === undefined
      ? undefined
      : this.channel.since(this.cursor);
    this.#lookAgain = false;
    if (since === undefined) return undefined;
    this.#live = true;
    this.channel.removeCatchingUp();
    return since;
  }
}
