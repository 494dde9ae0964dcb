import type { LiveEvent } from "../../domain/event.ts";
import type { Head } from "../../domain/head.ts";
import type { ItemFlags, Seq } from "../../domain/item.ts";
import { type StreamName, userStream } from "../../domain/stream_name.ts";
import { Channel, type ChannelOptions } from "./channel.ts";
import type { EncodedBatch } from "./encoded_batch.ts";
import { packCounts, type PackedCounts } from "./packed_counts.ts";
import type { UserState } from "./user_state.ts";

/** The own stream of a user with a device here. */
export class UserChannel extends Channel {
  readonly stream: StreamName;
  readonly wire = "user";
  readonly state: UserState;

  constructor(state: UserState, options: ChannelOptions) {
    super(options);
    this.stream = userStream(state.user);
    this.state = state;
  }

  get version(): number {
    return this.state.version;
  }

  applyHead(head: Head): Promise<void> {
    return this.state.applyHead(head);
  }

  protected applyBatch(batch: EncodedBatch): void {
    this.state.applyBatch(batch);
  }

  protected invalidate(): void {
    this.state.invalidate();
  }

  membershipOf(): undefined {}

  countsFor(): PackedCounts {
    return packCounts(this.state.ownCounts);
  }

  countsAfter({ events }: EncodedBatch, event: number): PackedCounts {
    return packCounts((events[event] as LiveEvent).counts);
  }

  flagsOf(seq: Seq, head: Head): ItemFlags | undefined {
    return head.live.flags(seq, head.seenUpTo);
  }
}
