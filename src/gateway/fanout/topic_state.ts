import type { Head } from "../../domain/head.ts";
import { liveAfter } from "../../domain/live_after.ts";
import { LiveItems } from "../../domain/live_items.ts";
import { countsFor, type TopicMembership } from "../../domain/topic_membership.ts";
import type { Seq } from "../../domain/item.ts";
import type { EncodedBatch } from "./encoded_batch.ts";
import { packCounts, type PackedCounts } from "./packed_counts.ts";

/** A topic's live items as this instance knows them, for counting what each member has of them. */
export class TopicState {
  #epoch = "";
  #seq = 0;
  #live = LiveItems.EMPTY;
  #version = 0;

  /** Grows whenever what is known here changes. */
  get version(): number {
    return this.#version;
  }

  /** Whatever is numbered below it is gone. */
  get oldest(): Seq {
    return this.#live.oldest ?? 0;
  }

  /** What the topic counts for a member, as it stands; nothing for anybody else. */
  packedCounts(membership: TopicMembership | undefined): PackedCounts {
    return membership === undefined ? 0 : packCounts(countsFor(this.#live, membership));
  }

  /** What it counted right after an event of a delivery. */
  packedCountsAfter(
    { lives }: EncodedBatch,
    event: number,
    membership: TopicMembership | undefined,
  ): PackedCounts {
    if (membership === undefined) return 0;
    // It may be further already: then what it counts now is as good.
    return packCounts(countsFor(lives?.[event] ?? this.#live, membership));
  }

  /** Takes in a head that was read. */
  applyHead({ epoch, seq, live }: Head): void {
    if (epoch === this.#epoch && seq <= this.#seq) return;
    this.#epoch = epoch;
    this.#seq = seq;
    this.#live = live;
    this.#version++;
  }

  /** Nothing is known of the stream any more, until its head is read again. */
  forget(): void {
    this.#epoch = "";
    this.#seq = 0;
    this.#version++;
  }

  /** Takes in events; where some are missing before, it waits for the next head. */
  applyBatch(batch: EncodedBatch): void {
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
