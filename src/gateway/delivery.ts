import type { LiveEvent, StreamNews } from "../domain/event.ts";
import type { Counts, Seq } from "../domain/item.ts";
import type { LiveItems } from "../domain/live_items.ts";
import { isTopic, type StreamName } from "../domain/stream_name.ts";
import { type Frame, packFrames } from "./frame.ts";
import { type LiveFrame, liveFrame, type WireStream, withCounts } from "./frames.ts";

/**
 * Messages are put together into frames of about this many characters: below 256 KiB also where each
 * takes three bytes.
 */
export const FRAME_LENGTH = 64 * 1024;

/** Devices of users with other counts get other frames; of so many kinds they are kept. */
const KINDS_MAX = 64;

/** Events of one commit, encoded once for all devices that are told the same counts. */
export class Delivery {
  readonly epoch: string;
  readonly events: readonly LiveEvent[];
  readonly first: Seq;
  readonly last: Seq;
  /** Of a topic, its live items right after each event, where they are known. */
  lives: readonly LiveItems[] | undefined;
  readonly #frames: readonly LiveFrame[];
  readonly #packed = new Map<string, readonly Frame[]>();

  /** @param news at least one event */
  constructor({ stream, epoch, events }: StreamNews) {
    const wire = wireName(stream);
    this.epoch = epoch;
    this.events = events;
    this.first = (events[0] as LiveEvent).seq;
    this.last = (events.at(-1) as LiveEvent).seq;
    this.#frames = events.map((event) => liveFrame(wire, event));
  }

  /** Characters of all frames, about. */
  get length(): number {
    return this.#frames.reduce((sum, { before }) => sum + before.length, 0);
  }

  /**
   * The frames of all events numbered above `after`.
   *
   * @param counts what the user's totals were after each event of the delivery
   */
  framesAfter(after: Seq, counts: readonly Counts[]): readonly Frame[] {
    const skip = after + 1 - this.first;
    if (skip > 0) return this.#pack(counts, skip);
    let kind = "";
    for (const { unread, unseen } of counts) kind += `${unread},${unseen};`;
    let packed = this.#packed.get(kind);
    if (packed === undefined) {
      packed = this.#pack(counts, 0);
      if (this.#packed.size < KINDS_MAX) this.#packed.set(kind, packed);
    }
    return packed;
  }

  #pack(counts: readonly Counts[], skip: number): Frame[] {
    const frames = this.#frames.slice(skip)
      .map((frame, i) => withCounts(frame, counts[skip + i] as Counts));
    return packFrames(frames, FRAME_LENGTH);
  }
}

/** What a stream is called in messages. */
export function wireName(stream: StreamName): WireStream {
  return isTopic(stream) ? stream : "user";
}
