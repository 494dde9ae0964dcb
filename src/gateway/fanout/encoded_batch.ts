import type { LiveEvent, StreamEvents } from "../../domain/event.ts";
import type { Seq } from "../../domain/item.ts";
import type { LiveItems } from "../../domain/live_items.ts";
import { isTopic, type StreamName, type TopicStream } from "../../domain/stream_name.ts";
import { type Frame, packFrames } from "../protocol/frame.ts";
import {
  encodeLive,
  type LiveMessage,
  type WireStream,
  withCounts,
} from "../protocol/encode_message.ts";
import { type PackedCounts, unpackCounts } from "./packed_counts.ts";

/**
 * Messages are put together into frames of about this many characters: below 256 KiB also where each
 * takes three bytes.
 */
export const FRAME_LENGTH = 64 * 1024;

/** Devices of users with other counts get other frames; of so many kinds they are kept. */
const KINDS_MAX = 64;

/** Events of one commit, encoded once for all devices that are told the same counts. */
export class EncodedBatch {
  readonly stream: StreamName;
  readonly epoch: string;
  readonly events: readonly LiveEvent[];
  readonly first: Seq;
  readonly last: Seq;
  /** Topics that the user has left with one of the events. */
  readonly left: readonly TopicStream[];
  /** Of a topic, its live items right after each event, where they are known. */
  lives: readonly LiveItems[] | undefined;
  readonly #frames: readonly LiveMessage[];
  /** By the totals after each event: the number itself where there is only one. */
  readonly #packed = new Map<PackedCounts | string, readonly Frame[]>();

  /** @param news at least one event */
  constructor({ stream, epoch, events }: StreamEvents) {
    const wire = wireName(stream);
    this.stream = stream;
    this.epoch = epoch;
    this.events = events;
    this.first = (events[0] as LiveEvent).seq;
    this.last = (events.at(-1) as LiveEvent).seq;
    this.left = events.flatMap((event) =>
      event.kind === "change" && event.change.op === "leave" ? event.change.target ?? [] : []
    );
    this.#frames = events.map((event) => encodeLive(wire, event));
  }

  /** Deliveries that follow one another as one, so that a device gets all of it in one frame. */
  static join(batches: readonly [EncodedBatch, ...EncodedBatch[]]): EncodedBatch {
    const [first, ...rest] = batches;
    if (rest.length === 0) return first;
    const { stream, epoch } = first;
    const events = batches.flatMap(({ events }) => events);
    const joined = new EncodedBatch({ stream, epoch, events });
    const lives = batches.flatMap(({ lives }) => lives ?? []);
    if (lives.length === events.length) joined.lives = lives;
    return joined;
  }

  /** Whether it is what comes next after another. */
  follows({ epoch, last }: EncodedBatch): boolean {
    return this.epoch === epoch && this.first === last + 1;
  }

  /** Characters of all frames, about. */
  get length(): number {
    return this.#frames.reduce((sum, { before }) => sum + before.length, 0);
  }

  /**
   * The frames of all events numbered above `after`.
   *
   * @param totals what the user's totals were after each event of the delivery
   */
  framesAfter(after: Seq, totals: readonly PackedCounts[]): readonly Frame[] {
    const skip = after + 1 - this.first;
    if (skip > 0) return this.#pack(totals, skip);
    const kind = totals.join();
    return this.#packed.get(kind) ?? this.#keep(kind, this.#pack(totals, 0));
  }

  /** The frames of a delivery of one event, after which the user's totals were these. */
  framesOfOne(total: PackedCounts): readonly Frame[] {
    return this.#packed.get(total) ?? this.#keep(total, this.#pack([total], 0));
  }

  #keep(kind: PackedCounts | string, packed: readonly Frame[]): readonly Frame[] {
    if (this.#packed.size < KINDS_MAX) this.#packed.set(kind, packed);
    return packed;
  }

  #pack(totals: readonly PackedCounts[], skip: number): Frame[] {
    const frames = this.#frames.slice(skip)
      .map((frame, i) => withCounts(frame, unpackCounts(totals[skip + i] as PackedCounts)));
    return packFrames(frames, FRAME_LENGTH);
  }
}

/** What a stream is called in messages. */
export function wireName(stream: StreamName): WireStream {
  return isTopic(stream) ? stream : "user";
}
