import type { StreamName } from "../../domain/stream_name.ts";
import type { HeadCache } from "../../store/head_cache.ts";
import type { Journal } from "../../store/journal/journal.ts";

/** How a gateway comes by the events of the streams that its devices follow. */
export interface StreamSource {
  /** Has the stream made where there is none, and its events delivered from now on. */
  join(stream: StreamName): Promise<void>;
  /** No device follows the stream any more. */
  leave(stream: StreamName): void;
  /** Has events delivered that others committed before; resolves when all that were there have been. */
  fetchEarlier(): Promise<void>;
}

/** The streams of an instance that is alone: its journal tells of every event there is. */
export class LocalStreams implements StreamSource {
  readonly #heads: HeadCache;
  readonly #journal: Journal;

  constructor({ heads, journal }: { heads: HeadCache; journal: Journal }) {
    this.#heads = heads;
    this.#journal = journal;
  }

  async join(stream: StreamName): Promise<void> {
    if (await this.#heads.read(stream) !== undefined) return;
    await this.#journal.append<void>({
      parts: [{ stream, intent: { kind: "open" } }],
    });
  }

  leave(): void {}

  fetchEarlier(): Promise<void> {
    return Promise.resolve();
  }
}
