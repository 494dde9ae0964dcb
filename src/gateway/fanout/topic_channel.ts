import type { TopicStream } from "../../domain/stream_name.ts";
import type { Active } from "../session/active.ts";
import { Channel, type ChannelOptions } from "./channel.ts";
import type { Head } from "../../domain/head.ts";
import { liveAfter, LiveItems } from "../../domain/live_items.ts";
import { countsFor, flagsFor, type TopicMembership } from "../../domain/topic_membership.ts";
import type { ItemFlags, Seq } from "../../domain/item.ts";
import type { EncodedBatch } from "./encoded_batch.ts";
import { packCounts, type PackedCounts } from "./packed_counts.ts";

/** A topic with a device here. It keeps the live items, to count what each member has of them. */
export class TopicChannel extends Channel {
  readonly stream: TopicStream;

  #epoch = "";
  #seq = 0;
  #live = LiveItems.EMPTY;
  #version = 0;

  constructor(stream: TopicStream, options: ChannelOptions) {
    super(options);
    this.stream = stream;
  }

  get wire(): TopicStream {
    return this.stream;
  }

  /** Grows whenever what is known here changes. */
  get version(): number {
    return this.#version;
  }

  /** Whatever is numbered below it is gone. */
  get oldest(): Seq {
    return this.#live.oldest ?? 0;
  }

  membershipOf({ userState }: Active): TopicMembership | undefined {
    return userState.memberships.get(this.stream);
  }

  countsFor(active: Active): PackedCounts {
    const membership = this.membershipOf(active);
    return membership === undefined ? 0 : packCounts(countsFor(this.#live, membership));
  }

  countsAfter(
    { lives }: EncodedBatch,
    event: number,
    membership: TopicMembership | undefined,
  ): PackedCounts {
    if (membership === undefined) return 0;
    // Where later events are already known, the present counts serve as well.
    return packCounts(countsFor(lives?.[event] ?? this.#live, membership));
  }

  flagsOf(seq: Seq, _head: Head, active: Active): ItemFlags | undefined {
    const membership = this.membershipOf(active);
    return membership && flagsFor(membership, seq);
  }

  /** Takes in a head that was read. */
  applyHead({ epoch, seq, live }: Head): void {
    if (epoch === this.#epoch && seq <= this.#seq) return;
    this.#epoch = epoch;
    this.#seq = seq;
    this.#live = live;
    this.#version++;
  }

  protected invalidate(): void {
    this.#epoch = "";
    this.#seq = 0;
    this.#version++;
  }

  /** Takes in events; where some are missing before, it waits for the next head. */
  protected applyBatch(batch: EncodedBatch): void {
    const { epoch, first, last, events } = batch;
    if (epoch !== this.#epoch || first > this.#seq + 1 || last <= this.#seq) return;
    this.#version++;
    batch.lives = events.map((event) => {
      if (event.seq > this.#seq) {
        this.#live = liveAfter(this.#live, event);
        this.#seq = event.seq;
      }
      return this.#live;
    });
  }
}
