import type { Head } from "../../domain/head.ts";
import type { ItemFlags, Seq } from "../../domain/item.ts";
import type { TopicMembership } from "../../domain/topic_membership.ts";
import type { StreamName } from "../../domain/stream_name.ts";
import type { Cursor } from "../../domain/resume.ts";
import { EncodedBatch } from "./encoded_batch.ts";
import type { Active } from "../session/active.ts";
import type { WireStream } from "../protocol/encode_message.ts";
import type { PackedCounts } from "./packed_counts.ts";
import type { Subscription } from "./subscription.ts";
import type { OnError } from "../../feeds/error_reports.ts";
import { guard } from "../../feeds/feed.ts";

/** So many deliveries are remembered for devices that are about to go live, … */
const RECENT_MAX = 64;
/** … with no more characters than a slow device's own socket may hold bytes. */
const RECENT_LENGTH_MAX = 256 * 1024;

/** So many deliveries wait for a fan-out that is under way. */
const WAITING_MAX = 256;

/** After so many sends to one channel the event loop gets its turn. */
const SENDS_A_TURN = 1_000;

/**
 * Has events delivered that others committed before; resolves when all that were there have been.
 */
export type FetchEarlier = () => Promise<void>;

export interface ChannelOptions {
  readonly fetchEarlier: FetchEarlier;
  /** Takes what one device, or one batch, throws; the other devices get their events all the same. */
  readonly onError: OnError;
}

/**
 * The devices of this instance that follow one stream, and the fan-out to them. A user's stream and a
 * topic differ in what a channel knows of them: `UserChannel` and `TopicChannel`.
 */
export abstract class Channel {
  abstract readonly stream: StreamName;
  abstract readonly wire: WireStream;
  readonly #subscriptions = new Set<Subscription>();
  readonly #fetchEarlier: FetchEarlier;
  readonly #onError: OnError;
  /** Deliveries that came before an earlier one did. */
  #early: EncodedBatch[] = [];
  readonly #waiting: EncodedBatch[] = [];
  /**
   * The newest deliveries, while a device catches up. On a busy stream something happens during every
   * read; without them it would read on for ever and never go live.
   */
  #recent: EncodedBatch[] = [];
  #recentLength = 0;
  /** Devices that are catching up. */
  #behind = 0;
  #heard: Seq = 0;
  /** Which incarnation of the stream that number is of; none before the first. */
  #epoch = "";
  #handedOut = 0;
  #fanningOut = false;

  constructor({ fetchEarlier, onError }: ChannelOptions) {
    this.#fetchEarlier = fetchEarlier;
    this.#onError = onError;
  }

  /** Takes in a head that was read; for a user's stream it may have to read the memberships too. */
  abstract applyHead(head: Head): Promise<void> | void;

  protected abstract applyBatch(batch: EncodedBatch): void;

  /** Forgets what is known of the stream until its head is read again. */
  protected abstract invalidate(): void;

  /** Grows whenever what the stream counts may have changed. */
  abstract get version(): number;

  /** The membership of a session's user where the stream is a topic. */
  abstract membershipOf(active: Active): TopicMembership | undefined;

  /** What the stream counts for a session's user now. */
  abstract countsFor(active: Active): PackedCounts;

  /** What the stream counted right after an event of a batch. */
  abstract countsAfter(
    batch: EncodedBatch,
    event: number,
    membership: TopicMembership | undefined,
  ): PackedCounts;

  /** The flags of a live item for a session's user; undefined where the user does not have the item. */
  abstract flagsOf(seq: Seq, head: Head, active: Active): ItemFlags | undefined;

  /** Deliveries that were handed out so far. */
  get handedOut(): number {
    return this.#handedOut;
  }

  /**
   * Takes in the epoch of a head that was read after so many deliveries. One that nothing was heard of
   * is of a stream that was made anew, unless it is this head that is out of date.
   */
  seeEpoch(epoch: string, handedOut: number): void {
    if (handedOut === this.#handedOut) this.#hearOf(epoch);
  }

  #hearOf(epoch: string): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#heard = 0;
    this.#forgetRecent();
  }

  /** The number of the newest event that this instance has been told of. */
  get heard(): Seq {
    return this.#heard;
  }

  get isEmpty(): boolean {
    return this.#subscriptions.size === 0;
  }

  /** @param subscription not live yet */
  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
    this.#behind++;
  }

  remove(subscription: Subscription): void {
    if (this.#subscriptions.delete(subscription) && !subscription.isLive) this.removeCatchingUp();
  }

  /** One more device is catching up. */
  addCatchingUp(): void {
    this.#behind++;
  }

  /** One device less is. */
  removeCatchingUp(): void {
    this.#behind--;
    if (this.#behind === 0) this.#forgetRecent();
  }

  #forgetRecent(): void {
    this.#recent = [];
    this.#recentLength = 0;
  }

  /** What was delivered after a cursor, without a gap; undefined where that is not remembered. */
  since({ epoch, seq }: Cursor): readonly EncodedBatch[] | undefined {
    if (this.#heard > 0 && epoch !== this.#epoch) return undefined;
    if (this.#heard <= seq) return [];
    const since = this.#recent.filter(({ last }) => last > seq);
    let next = seq + 1;
    for (const batch of since) {
      if (batch.epoch !== epoch || batch.first > next) return undefined;
      next = batch.last + 1;
    }
    return next > this.#heard ? since : undefined;
  }

  get subscriptions(): ReadonlySet<Subscription> {
    return this.#subscriptions;
  }

  /**
   * Takes events as they happen. One's own commits are known at once, those of other instances when
   * their mail is there: what is missing before an event was committed before it, so it is fetched.
   */
  deliver(batch: EncodedBatch): void {
    const isEarly = batch.epoch === this.#epoch && this.#heard > 0 &&
      batch.first > this.#heard + 1;
    if (!isEarly) return this.#handOut(batch);
    this.#early.push(batch);
    if (this.#early.length > 1) return;
    const handOut = () => this.#handOutEarly();
    // Without the earlier ones, the devices find what is missing in the log.
    this.#fetchEarlier().catch(this.#onError).then(handOut).catch(this.#onError);
  }

  /** Events may have passed by, or could not be taken in: the devices look in the log. */
  lookAgain(): void {
    for (const subscription of this.#subscriptions) {
      guard(this.#onError, () => subscription.fallBehind());
    }
  }

  /** What is missing even now was lost on its way, and is read from the log instead. */
  #handOutEarly(): void {
    const early = this.#early.sort((a, b) => a.first - b.first);
    this.#early = [];
    for (const batch of early) this.#handOut(batch);
  }

  /** Hands events to every device that is up to date; the others will find them in the log. */
  #handOut(batch: EncodedBatch): void {
    this.#handedOut++;
    this.#hearOf(batch.epoch);
    this.#heard = Math.max(this.#heard, batch.last);
    if (!guard(this.#onError, () => this.applyBatch(batch))) {
      // What is known of the stream is of no moment now; the next head that is read replaces it.
      this.invalidate();
      this.#forgetRecent();
      return this.lookAgain();
    }
    if (this.#behind > 0) this.#remember(batch);
    if (!this.#fanningOut && this.#subscriptions.size <= SENDS_A_TURN) {
      for (const subscription of this.#subscriptions) this.#send(subscription, batch);
      return;
    }
    this.#waiting.push(batch);
    // Whoever misses one finds it in the log.
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
    if (!this.#fanningOut) void this.#fanOut();
  }

  /** A device that cannot be sent an event as it happens reads it from the log, or is closed there. */
  #send(subscription: Subscription, batch: EncodedBatch): void {
    try {
      subscription.take(batch);
    } catch (error) {
      this.#onError(error);
      guard(this.#onError, () => subscription.fallBehind());
    }
  }

  #remember(batch: EncodedBatch): void {
    this.#recent.push(batch);
    this.#recentLength += batch.length;
    while (this.#recent.length > RECENT_MAX || this.#recentLength > RECENT_LENGTH_MAX) {
      this.#recentLength -= (this.#recent.shift() as EncodedBatch).length;
    }
  }

  /** Goes through a large audience in pieces, and then again with all that was delivered meanwhile. */
  async #fanOut(): Promise<void> {
    this.#fanningOut = true;
    try {
      let sent = 0;
      for (let next = this.#nextWaiting(); next !== undefined; next = this.#nextWaiting()) {
        for (const subscription of this.#subscriptions) {
          this.#send(subscription, next);
          if (++sent % SENDS_A_TURN === 0) await nextTurn();
        }
      }
    } catch (error) {
      // Events were taken from the queue that could not be put together.
      this.#onError(error);
      this.lookAgain();
    } finally {
      this.#fanningOut = false;
    }
  }

  /** What waits, up to the first gap. */
  #nextWaiting(): EncodedBatch | undefined {
    const first = this.#waiting.shift();
    if (first === undefined) return undefined;
    const gap = this.#waiting.findIndex((batch, i) =>
      !batch.follows(this.#waiting[i - 1] ?? first)
    );
    const count = gap === -1 ? this.#waiting.length : gap;
    return EncodedBatch.join([first, ...this.#waiting.splice(0, count)]);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
