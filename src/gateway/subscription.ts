import type { Cursor } from "../domain/resume.ts";
import type { Counts, Seq } from "../domain/item.ts";
import type { Channel } from "./channel.ts";
import type { Delivery } from "./delivery.ts";
import type { WireStream } from "./frames.ts";
import type { Session } from "./session.ts";

/**
 * How far the device of one session has come in one stream.
 *
 * *Live*: the next event goes straight out. Otherwise it is *catching up*, as after connecting, when
 * it was too slow, and where an event is missing: whatever the reason, its cursor is all it takes.
 */
export class Subscription {
  readonly session: Session;
  readonly channel: Channel;
  readonly wire: WireStream;
  /** Everything up to here was sent; undefined for a device that has nothing yet. */
  cursor: Cursor | undefined;
  #live = false;
  #ended = false;
  #lookAgain = false;
  readonly #fellBehind: (subscription: Subscription) => void;

  constructor({ session, channel, wire, cursor, fellBehind }: {
    session: Session;
    channel: Channel;
    wire: WireStream;
    cursor: Cursor | undefined;
    /** Has to bring the device up to date and then call {@link Subscription.goLive}. */
    fellBehind: (subscription: Subscription) => void;
  }) {
    this.session = session;
    this.channel = channel;
    this.wire = wire;
    this.cursor = cursor;
    this.#fellBehind = fellBehind;
  }

  /** What the stream counts for the session's user, as it stands. */
  get counts(): Counts {
    return this.channel.countsFor(this.session);
  }

  /** Takes events as they happen; while it catches up it lets them pass, to read them later. */
  take(delivery: Delivery): void {
    if (!this.#live || this.cursor === undefined) return;
    const { epoch, first, last } = delivery;
    const { seq } = this.cursor;
    if (epoch !== this.cursor.epoch) return this.fallBehind();
    if (last <= seq) return;
    if (first > seq + 1) return this.fallBehind();
    // A device that has just caught up may have the first ones of several events already.
    const rest = delivery.framesAfter(seq, this.#countsAfter(delivery));
    let sent: Seq = seq;
    for (const frame of rest) {
      if (!this.session.canTake) return this.fallBehind();
      this.session.send(frame);
      sent += frame.messages.length;
      this.cursor = { epoch, seq: sent };
    }
  }

  /** The user's totals right after each event of a delivery. */
  #countsAfter(delivery: Delivery): readonly Counts[] {
    const own = this.channel.countsAfter(delivery, this.session);
    const others = this.session.countsBut(this);
    return own.map(({ unread, unseen }) => ({
      unread: unread + others.unread,
      unseen: unseen + others.unseen,
    }));
  }

  get isLive(): boolean {
    return this.#live;
  }

  /** Whether there is nobody to tell any more. */
  get isOver(): boolean {
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
    if (this.isOver) return;
    this.#live = false;
    this.channel.fellBehind();
    this.#fellBehind(this);
  }

  /**
   * From now on events go straight out, unless somebody has asked to look again, or more has happened
   * since the cursor than the channel remembers.
   *
   * @returns what has happened since, to be taken first; undefined where it is not live
   */
  goLive(): readonly Delivery[] | undefined {
    const since = this.#lookAgain || this.cursor === undefined
      ? undefined
      : this.channel.since(this.cursor);
    this.#lookAgain = false;
    if (since === undefined) return undefined;
    this.#live = true;
    this.channel.wentLive();
    return since;
  }
}
