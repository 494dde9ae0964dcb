import { type RawFrame, sizeOf } from "../protocol/read_frame.ts";

/** Each frame counts for at least so many bytes: a tiny one costs more than it holds. */
const FRAME_MIN = 1024;

/** Bytes for which a frame counts while it waits. */
export function costOf(frame: RawFrame): number {
  return Math.max(FRAME_MIN, sizeOf(frame));
}

/**
 * Frames of one session that wait until the one before is dealt with, as they came: what they hold may
 * take fifty times as much memory once it is parsed.
 */
export class WaitingFrames {
  #frames: RawFrame[] = [];
  #bytes = 0;

  /** Bytes that wait, as {@link costOf} counts them. */
  get bytes(): number {
    return this.#bytes;
  }

  add(frame: RawFrame): void {
    this.#frames.push(frame);
    this.#bytes += costOf(frame);
  }

  next(): RawFrame | undefined {
    const frame = this.#frames.shift();
    if (frame !== undefined) this.#bytes -= costOf(frame);
    return frame;
  }

  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }
}
