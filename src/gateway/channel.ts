import type { Seq } from "../domain/item.ts";
import type { StreamName } from "../domain/stream_name.ts";
import type { Cursor } from "../domain/resume.ts";
import type { PackedFrame } from "./frames.ts";
import type { Subscription } from "./subscription.ts";

/** Events of one commit, encoded once for all devices. */
export interface Delivery {
  readonly epoch: string;
  /** The number of the first event; the others follow without a gap. */
  readonly first: Seq;
  readonly last: Seq;
  /** A frame for each event. */
  readonly frames: readonly string[];
  /** The same, several to a frame. */
  readonly packed: readonly PackedFrame[];
}

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

/** The devices of this instance that follow one stream. */
export class Channel {
  readonly stream: StreamName;
  readonly #subscriptions = new Set<Subscription>();
  readonly #fetchEarlier: FetchEarlier;
  /** Deliveries that came before an earlier one did. */
  #early: Delivery[] = [];
  readonly #waiting: Delivery[] = [];
  /**
   * The newest deliveries, while a device catches up. On a busy stream something happens during every
   * read; without them it would read on for ever and never go live.
   */
  #recent: Delivery[] = [];
  #recentLength = 0;
  /** Devices that are catching up. */
  #behind = 0;
  #heard: Seq = 0;
  #fanningOut = false;

  constructor(stream: StreamName, fetchEarlier: FetchEarlier) {
    this.stream = stream;
    this.#fetchEarlier = fetchEarlier;
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
    if (this.#subscriptions.delete(subscription) && !subscription.isLive) this.wentLive();
  }

  /** One more device is catching up. */
  fellBehind(): void {
    this.#behind++;
  }

  /** One device less is. */
  wentLive(): void {
    this.#behind--;
    if (this.#behind > 0) return;
    this.#recent = [];
    this.#recentLength = 0;
  }

  /** What was delivered after a cursor, without a gap; undefined where that is not remembered. */
  since({ epoch, seq }: Cursor): readonly Delivery[] | undefined {
    if (this.#heard <= seq) return [];
    const since = this.#recent.filter(({ last }) => last > seq);
    let next = seq + 1;
    for (const delivery of since) {
      if (delivery.epoch !== epoch || delivery.first > next) return undefined;
      next = delivery.last + 1;
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
  deliver(delivery: Delivery): void {
    const isEarly = this.#heard > 0 && delivery.first > this.#heard + 1;
    if (!isEarly) return this.#handOut(delivery);
    this.#early.push(delivery);
    if (this.#early.length === 1) void this.#fetchEarlier().then(() => this.#handOutEarly());
  }

  /** What is missing even now was lost on its way, and is read from the log instead. */
  #handOutEarly(): void {
    const early = this.#early.sort((a, b) => a.first - b.first);
    this.#early = [];
    for (const delivery of early) this.#handOut(delivery);
  }

  /** Hands events to every device that is up to date; the others will find them in the log. */
  #handOut(delivery: Delivery): void {
    this.#heard = Math.max(this.#heard, delivery.last);
    if (this.#behind > 0) this.#remember(delivery);
    if (!this.#fanningOut && this.#subscriptions.size <= SENDS_A_TURN) {
      for (const subscription of this.#subscriptions) subscription.take(delivery);
      return;
    }
    this.#waiting.push(delivery);
    // Whoever misses one finds it in the log.
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
    if (!this.#fanningOut) void this.#fanOut();
  }

  #remember(delivery: Delivery): void {
    this.#recent.push(delivery);
    this.#recentLength += lengthOf(delivery);
    while (this.#recent.length > RECENT_MAX || this.#recentLength > RECENT_LENGTH_MAX) {
      this.#recentLength -= lengthOf(this.#recent.shift() as Delivery);
    }
  }

  /** Goes through a large audience in pieces, one delivery after the other. */
  async #fanOut(): Promise<void> {
    this.#fanningOut = true;
    let sent = 0;
    for (let delivery = this.#waiting.shift(); delivery; delivery = this.#waiting.shift()) {
      for (const subscription of this.#subscriptions) {
        subscription.take(delivery);
        if (++sent % SENDS_A_TURN === 0) await nextTurn();
      }
    }
    this.#fanningOut = false;
  }
}

function lengthOf({ packed }: Delivery): number {
  return packed.reduce((sum, { text }) => sum + text.length, 0);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** The channels of all streams that have a device here. */
export class Channels {
  readonly #channels = new Map<StreamName, Channel>();
  readonly #fetchEarlier: FetchEarlier;
  readonly #closed: (stream: StreamName) => void;

  /** @param options `closed` hears of each stream whose last device went */
  constructor(
    { fetchEarlier, closed }: {
      fetchEarlier: FetchEarlier;
      closed: (stream: StreamName) => void;
    },
  ) {
    this.#fetchEarlier = fetchEarlier;
    this.#closed = closed;
  }

  all(): Iterable<Channel> {
    return this.#channels.values();
  }

  get(stream: StreamName): Channel | undefined {
    return this.#channels.get(stream);
  }

  /** The stream's channel, which is made if it is the first device. */
  open(stream: StreamName): Channel {
    let channel = this.#channels.get(stream);
    if (channel === undefined) {
      channel = new Channel(stream, this.#fetchEarlier);
      this.#channels.set(stream, channel);
    }
    return channel;
  }

  /** Takes a device out; the channel goes with its last one. */
  leave(subscription: Subscription): void {
    const { channel } = subscription;
    channel.remove(subscription);
    if (channel.isEmpty && this.#channels.get(channel.stream) === channel) {
      this.#channels.delete(channel.stream);
      this.#closed(channel.stream);
    }
  }
}
