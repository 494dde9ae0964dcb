import { countsOf, type Head, oldestOf } from "../domain/head.ts";
import { type ResetReason, resetReason } from "../domain/resume.ts";
import type { Seq } from "../domain/item.ts";
import type { Heads } from "../store/heads.ts";
import type { LogReader } from "../store/log.ts";
import { CloseCode } from "./close_code.ts";
import { caughtUpFrame, FLAGS_BYTES, joinFrames, missedFrame, resetFrame } from "./frames.ts";
import type { Parking } from "./parking.ts";
import type { Patience } from "./patience.ts";
import { FRAME_LENGTH, type Subscription } from "./subscription.ts";
import type { WireEpochs } from "./wire_epoch.ts";

/** At most so many items go with a reset; older ones are a matter of the inbox. */
const RESET_ITEMS = 50;
const RESET_BYTES = 250 * 1024;
/** Rows of each kind that are read for one step, and the fewest where items turn out to be large. */
const ROWS = 100;
const ROWS_MIN = 4;
/** Sessions that read from the store at the same time. */
const READING_MAX = 64;
const RETRY_AFTER_MS = 2_000;

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
  readonly #heads: Heads;
  readonly #log: LogReader;
  readonly #parking: Parking;
  readonly #patience: Patience;
  readonly #epochs: WireEpochs;
  readonly #trouble: (error: unknown) => void;
  readonly #queue: (() => void)[] = [];
  #reading = 0;

  constructor(
    { heads, log, parking, patience, epochs, trouble }: {
      heads: Heads;
      log: LogReader;
      parking: Parking;
      patience: Patience;
      epochs: WireEpochs;
      trouble: (error: unknown) => void;
    },
  ) {
    this.#heads = heads;
    this.#log = log;
    this.#parking = parking;
    this.#patience = patience;
    this.#epochs = epochs;
    this.#trouble = trouble;
  }

  /** Devices that read from the store now, or wait to. */
  get active(): number {
    return this.#reading + this.#queue.length;
  }

  /** Starts for a device that is not live; it must not be under way already. */
  start(subscription: Subscription): void {
    this.#run(subscription).catch((error) => {
      this.#trouble(error);
      subscription.session.close({
        code: CloseCode.internal,
        reason: "Something went wrong here",
        retryAfterMs: RETRY_AFTER_MS + Math.random() * RETRY_AFTER_MS,
      });
    });
  }

  async #run(subscription: Subscription): Promise<void> {
    const { session } = subscription;
    const progress: Progress = { rows: ROWS, announce: true };
    // A session that has ended has nothing left to do.
    while (
      await this.#patience.persist(session, () => this.#next(subscription, progress)) === false
    );
  }

  /** Does the next step when it is the device's turn; true where it was the last one. */
  async #next(subscription: Subscription, progress: Progress): Promise<boolean> {
    const { session } = subscription;
    // A slow device waits outside, so that it does not keep others from reading.
    if (!session.canTake && !await this.#parking.drained(session)) return true;
    await this.#enter();
    try {
      return await this.#step(subscription, progress);
    } finally {
      this.#leave();
    }
  }

  /** Sends one piece, or goes live: then it is done. */
  async #step(subscription: Subscription, progress: Progress): Promise<boolean> {
    const { session, wire, channel } = subscription;
    const head = await this.#heads.read(channel.stream);
    // Erased since: there is nothing to follow until it is made anew.
    if (head === undefined || session.isClosed) return true;
    const reason = resetReason(head, subscription.cursor);
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
    const since = subscription.goLive();
    if (since === undefined) return false;
    if (progress.announce) {
      const state = { seq: from, oldest: oldestOf(head), counts: countsOf(head) };
      session.send([caughtUpFrame(wire, state)]);
    }
    for (const delivery of since) subscription.take(delivery);
    return true;
  }

  async #reset(
    subscription: Subscription,
    { head, reason }: { head: Head; reason: ResetReason },
  ): Promise<void> {
    const { session, wire, channel } = subscription;
    const seqs: Seq[] = [];
    head.live.visitNewestFirst(Infinity, head.seenUpTo, (seq) => seqs.push(seq) < RESET_ITEMS);
    const items = await this.#log.items(channel.stream, head, seqs.reverse());
    const { epoch, seq } = head;
    session.send([
      resetFrame({
        stream: wire,
        reason,
        items: items.reverse(),
        epoch: this.#epochs.toWire(epoch),
        seq,
        counts: countsOf(head),
        maxBytes: RESET_BYTES,
      }),
    ]);
    subscription.cursor = { epoch, seq };
  }

  /** Sends what comes next, until the device can't take more or the page ends. */
  async #sendPage(
    subscription: Subscription,
    { head, from, progress }: { head: Head; from: Seq; progress: Progress },
  ): Promise<void> {
    const { session, wire, channel } = subscription;
    const { epoch } = head;
    const page = await this.#log.page(channel.stream, head, { after: from, rows: progress.rows });
    // Changes may have been swept while the page was read: then it can't be trusted to be complete,
    // and the next step finds the floor above the cursor.
    const now = await this.#heads.read(channel.stream);
    if (now === undefined || now.epoch !== epoch || now.changes.floor > from) return;
    const counts = countsOf(head);
    let frames: string[] = [];
    let length = 0;
    for (const entry of page.entries) {
      if (length > FRAME_LENGTH) {
        session.send([joinFrames(frames)]);
        subscription.cursor = { epoch, seq: entry.seq - 1 };
        frames = [];
        length = 0;
        if (!session.canTake) {
          // What was read too far is read again: next time not as far.
          progress.rows = Math.max(ROWS_MIN, Math.floor(progress.rows / 4));
          return;
        }
      }
      const frame = missedFrame(wire, entry, counts);
      frames.push(frame);
      length += entry.kind === "item" ? entry.bytes + FLAGS_BYTES : frame.length;
    }
    if (frames.length > 0) session.send([joinFrames(frames)]);
    subscription.cursor = { epoch, seq: page.through };
  }

  #enter(): Promise<void> | void {
    if (this.#reading < READING_MAX) {
      this.#reading++;
      return;
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  #leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#reading--;
    else next();
  }
}
