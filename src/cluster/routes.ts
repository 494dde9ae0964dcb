import { type Clock, repeat, type Timer } from "../clock.ts";
import type { StreamName } from "../domain/stream_name.ts";
import type { Entry } from "../store/journal/entry.ts";
import type { Journal } from "../store/journal/journal.ts";

export interface RoutesOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  /** The id under which the other instances know this one now. */
  readonly instance: () => string;
  /** Whether a device of this instance follows the stream. */
  readonly isFollowed: (stream: StreamName) => boolean;
  readonly onError: (error: unknown) => void;
}

/** How long a route outlives its last device: most devices come back soon. */
const LINGER_MS = 10_000;
const LOOK_MS = 2_000;

/** A device has come back meanwhile. */
class StillFollowed extends Error {}

/** Notes in the heads of streams that this instance has a device of them, so that others send events. */
export class Routes {
  readonly #options: RoutesOptions;
  /** Streams without a device on this instance, by the time since when. */
  readonly #left = new Map<StreamName, number>();
  #timer: Timer | undefined;

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, onError } = this.#options;
    this.#timer = repeat(clock, LOOK_MS, () => this.#dropOld(), onError);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /**
   * Routes the events of a stream to this instance; its head exists afterwards. The journal reads the head
   * even if the route is remembered, since other instances may have removed it.
   */
  async join(stream: StreamName): Promise<void> {
    this.#left.delete(stream);
    await this.#options.journal.append<void>({
      parts: [{ stream, intent: { kind: "route", instance: this.#options.instance() } }],
    });
  }

  /** The last device of a stream has gone. */
  leave(stream: StreamName): void {
    this.#left.set(stream, this.#options.clock.monotonic());
  }

  async #dropOld(): Promise<void> {
    const before = this.#options.clock.monotonic() - LINGER_MS;
    const drops: Promise<void>[] = [];
    for (const [stream, since] of this.#left) {
      if (since > before) break;
      this.#left.delete(stream);
      drops.push(this.#dropOne(stream));
    }
    await Promise.all(drops);
  }

  async #dropOne(stream: StreamName): Promise<void> {
    const { journal, isFollowed, onError } = this.#options;
    try {
      await journal.append(this.#drop(stream));
    } catch (error) {
      if (error instanceof StillFollowed) return;
      onError(error);
      // A route that stayed would report the user as connected for ever.
      if (!isFollowed(stream) && !this.#left.has(stream)) this.leave(stream);
    }
  }

  #drop(stream: StreamName): Entry<void> {
    const { instance, isFollowed } = this.#options;
    return {
      parts: [{ stream, intent: { kind: "unroute", instances: [instance()] } }],
      // A device that connects after this check queues its route behind this entry.
      validate: () => {
        if (isFollowed(stream)) throw new StillFollowed();
      },
    };
  }
}
