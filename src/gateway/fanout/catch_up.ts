import type { Head } from "../../domain/head.ts";
import { oldestIn } from "../../domain/topic_membership.ts";
import { type Cursor, type ResetReason, resetReason } from "../../domain/resume.ts";
import type { Seq } from "../../domain/item.ts";
import type { HeadCache } from "../../store/head_cache.ts";
import type { LogEntry, LogReader } from "../../store/log_reader.ts";
import type { UserQuotas } from "../../limits/user_quotas.ts";
import { Semaphore } from "../../limits/semaphore.ts";
import { costOfReading } from "../../limits/work_cost.ts";
import { flagsIn, readNewest, withFlags } from "./visible_items.ts";
import { internalClosing } from "../protocol/close_code.ts";
import {
  encodeCaughtUp,
  encodeMissed,
  encodeReset,
  type FlaggedItem,
  FLAGS_BYTES,
  type MissedEntry,
  type WireEpochs,
} from "../protocol/encode_message.ts";
import { Frame } from "../protocol/frame.ts";
import type { Backpressure } from "./backpressure.ts";
import type { StoreRetry } from "../session/store_retry.ts";
import { FRAME_LENGTH } from "./encoded_batch.ts";
import type { Active } from "../session/active.ts";
import type { Subscription } from "./subscription.ts";

/** At most so many items go with a reset; older ones are a matter of the inbox. */
const RESET_ITEMS = 50;
const RESET_BYTES = 250 * 1024;
/** Rows of each kind that are read for one step, and the fewest where items turn out to be large. */
const ROWS = 100;
const ROWS_MIN = 4;
/** Sessions that read from the store at the same time. */
const READING_MAX = 64;

/** Where a catching up device stands between two steps. */
interface Progress {
  rows: number;
  /** Whether it got something since its last reset that a `caughtUp` has to end. */
  announce: boolean;
}

/**
 * Brings a device up to date, whyever it is behind: it has just connected, it was too slow, or an
 * event was missing. Each step reads the stream's head anew; when nothing is left to send and nothing
 * has happened since that head, the device goes live. While the store is away a device waits, and
 * goes on from where it stands.
 */
export class CatchUp {
  readonly #heads: HeadCache;
  readonly #log: LogReader;
  readonly #backpressure: Backpressure;
  readonly #storeRetry: StoreRetry;
  readonly #epochs: WireEpochs;
  readonly #quotas: UserQuotas;
  readonly #onError: (error: unknown) => void;
  readonly #reading = new Semaphore(READING_MAX);

  constructor(
    { heads, log, backpressure, storeRetry, epochs, quotas, onError }: {
      heads: HeadCache;
      log: LogReader;
      backpressure: Backpressure;
      storeRetry: StoreRetry;
      epochs: WireEpochs;
      quotas: UserQuotas;
      onError: (error: unknown) => void;
    },
  ) {
    this.#heads = heads;
    this.#log = log;
    this.#backpressure = backpressure;
    this.#storeRetry = storeRetry;
    this.#epochs = epochs;
    this.#quotas = quotas;
    this.#onError = onError;
  }

  /** Devices that read from the store now, or wait to. */
  get active(): number {
    return this.#reading.size;
  }

  /**
   * Starts for a device that is not live; it must not be under way already. Resolves when it is live, or
   * over; never rejects.
   */
  async start(subscription: Subscription): Promise<void> {
    try {
      await this.#run(subscription);
    } catch (error) {
      this.#onError(error);
      subscription.session.close(internalClosing());
    }
  }

  async #run(subscription: Subscription): Promise<void> {
    const { session } = subscription;
    const progress: Progress = { rows: ROWS, announce: true };
    // A session that has ended has nothing left to do.
    while (
      await this.#storeRetry.retryWhileStoreDown(
        session,
        () => this.#next(subscription, progress),
      ) === false
    );
  }

  /** Does the next step when it is the device's turn; true where it was the last one. */
  async #next(subscription: Subscription, progress: Progress): Promise<boolean> {
    const { session } = subscription;
    // A slow device waits outside, so that it does not keep others from reading.
    if (!session.isWritable && !await this.#backpressure.drained(session)) return true;
    return await this.#reading.pass(() => this.#step(subscription, progress));
  }

  /** Sends one piece, or goes live: then it is done. */
  async #step(subscription: Subscription, progress: Progress): Promise<boolean> {
    const { session, wire, channel } = subscription;
    // It may have ended while it waited for its turn.
    if (subscription.isEnded) return true;
    const { handedOut } = channel;
    const head = await this.#heads.read(channel.stream);
    if (subscription.isEnded) return true;
    if (head === undefined) {
      // Erased since: another connection makes the stream anew, if its token is good.
      session.close(internalClosing("The user was erased"));
      return true;
    }
    channel.seeEpoch(head.epoch, handedOut);
    const seen = channel.applyHead(head);
    if (seen !== undefined) await seen;
    if (subscription.isEnded) return true;
    const reason = this.#resetReason(subscription, head);
    if (reason === "new" && this.#beginAtJoining(subscription, head)) {
      progress.announce = false;
      return false;
    }
    if (reason !== undefined) {
      await this.#reset(subscription, { head, reason });
      progress.announce = false;
      return false;
    }
    const from = subscription.cursor?.seq ?? 0;
    if (from < head.seq) {
      progress.announce = true;
      await this.#sendPage(subscription, { head, from, progress });
      return false;
    }
    // Other streams of the device may have filled its socket meanwhile.
    if (!session.isWritable) return false;
    const since = subscription.tryGoLive();
    if (since === undefined) return false;
    if (progress.announce) {
      const oldest = oldestIn(head, channel.membershipOf(subscription.active));
      const state = { seq: from, oldest, counts: subscription.active.counts };
      session.sendMessage(encodeCaughtUp(wire, state));
    }
    for (const batch of since) subscription.take(batch);
    return true;
  }

  #resetReason(subscription: Subscription, head: Head): ResetReason | undefined {
    const { cursor, channel } = subscription;
    const reason = resetReason(head, cursor);
    if (reason !== undefined || cursor === undefined) return reason;
    // What lies before joining does not concern the user.
    const { joined = 0 } = channel.membershipOf(subscription.active) ?? {};
    return cursor.seq < joined ? "trimmed" : undefined;
  }

  /**
   * Has a device begin where its user joined the topic a moment ago, so that what was published since comes
   * as events: in a reset it would pass for what was there before.
   *
   * @returns whether it does
   */
  #beginAtJoining(subscription: Subscription, { epoch, seq, changes }: Head): boolean {
    const { session, channel } = subscription;
    const joined = channel.membershipOf(subscription.active)?.joined;
    if (!subscription.joinedWhileConnected || joined === undefined) return false;
    // What is not kept any more, or was numbered otherwise, can't be told event by event.
    if (joined > seq || joined < changes.floor) return false;
    // Its other streams may have filled its buffer meanwhile: then the next step begins there.
    if (!session.isWritable) return true;
    this.#sendReset(subscription, { reason: "new", items: [], cursor: { epoch, seq: joined } });
    return true;
  }

  #sendReset(
    subscription: Subscription,
    { reason, items, cursor }: {
      reason: ResetReason;
      items: readonly FlaggedItem[];
      cursor: Cursor;
    },
  ): void {
    const { session, active, wire } = subscription;
    session.sendMessage(encodeReset({
      stream: wire,
      reason,
      items,
      epoch: this.#epochs.toWire(cursor.epoch),
      seq: cursor.seq,
      counts: active.counts,
      maxBytes: RESET_BYTES,
    }));
    subscription.cursor = cursor;
  }

  async #reset(
    subscription: Subscription,
    { head, reason }: { head: Head; reason: ResetReason },
  ): Promise<void> {
    const { session, active } = subscription;
    const stored = await readNewest(this.#log, subscription, {
      head,
      limit: RESET_ITEMS,
      maxBytes: RESET_BYTES,
    });
    this.#note(subscription, stored);
    // Its other streams may have filled its buffer meanwhile.
    if (subscription.isEnded || !session.isWritable) return;
    const { epoch, seq } = head;
    const items = stored.flatMap((item) => withFlags(item, head, subscription));
    this.#sendReset(subscription, { reason, items, cursor: { epoch, seq } });
    if (subscription === active.own) startTopicsOver(active);
  }

  /** Reading is never refused here; it counts towards what the user may ask for next. */
  #note({ active: { user } }: Subscription, entries: readonly LogEntry[]): void {
    const bytes = entries.reduce((sum, one) => sum + (one.kind === "item" ? one.bytes : 0), 0);
    this.#quotas.add(user, costOfReading({ rows: entries.length, bytes }));
  }

  /** Sends what comes next, until the device can't take more or the page ends. */
  async #sendPage(
    subscription: Subscription,
    { head, from, progress }: { head: Head; from: Seq; progress: Progress },
  ): Promise<void> {
    const { session, wire, channel } = subscription;
    const { epoch } = head;
    const isThere = (seq: Seq) => flagsIn(head, subscription, seq) !== undefined;
    const page = await this.#log.page(channel.stream, head, {
      after: from,
      rows: progress.rows,
      isThere,
    });
    this.#note(subscription, page.entries);
    if (!page.isComplete && !subscription.isEnded && subscription.cursor?.seq === from) {
      // A change that cannot be read is as good as one that is kept no more.
      await this.#reset(subscription, { head, reason: "trimmed" });
      progress.announce = false;
      return;
    }
    // Changes may have been swept while the page was read: then it can't be trusted to be complete,
    // and the next step finds the floor above the cursor.
    const now = await this.#heads.read(channel.stream);
    if (now === undefined || now.epoch !== epoch || now.changes.floor > from) return;
    // It may have been told to start over meanwhile.
    if (subscription.isEnded || subscription.cursor?.seq !== from || !session.isWritable) return;
    const { counts } = subscription.active;
    // Flags of a topic's items come from the user's marks as they are known now, so that no mark that was
    // told already is taken back.
    const entries = page.entries.flatMap((entry): MissedEntry[] =>
      entry.kind === "item" ? withFlags(entry, head, subscription) : [entry]
    );
    let frames: string[] = [];
    let length = 0;
    for (const entry of entries) {
      if (length > FRAME_LENGTH) {
        session.send(new Frame(frames));
        subscription.cursor = { epoch, seq: entry.seq - 1 };
        frames = [];
        length = 0;
        if (!session.isWritable) {
          // What was read too far is read again: next time not as far.
          progress.rows = Math.max(ROWS_MIN, Math.floor(progress.rows / 4));
          return;
        }
      }
      const frame = encodeMissed(wire, entry, counts);
      frames.push(frame);
      if (entry.kind === "change" && entry.change.op === "leave") {
        subscription.active.restartTopic(entry.change.target);
      }
      length += entry.kind === "item" ? entry.bytes + FLAGS_BYTES : frame.length;
    }
    if (frames.length > 0) session.send(new Frame(frames));
    subscription.cursor = { epoch, seq: page.through };
  }
}

/** Marks on topics are events of the user's own stream: it has missed them too. */
function startTopicsOver({ topics }: Active): void {
  for (const topic of topics) {
    if (topic.cursor !== undefined) topic.restart();
  }
}
