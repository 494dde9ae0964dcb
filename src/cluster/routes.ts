import { type Clock, repeat, type Timer } from "../clock.ts";
import type { StreamName } from "../domain/stream_name.ts";
import type { Entry } from "../store/journal/entry.ts";
import type { Journal } from "../store/journal/journal.ts";

export interface RoutesOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Under which id this instance is known now. */
  readonly instance: () => string;
  /** Whether a device here follows the stream. */
  readonly isFollowed: (stream: StreamName) => boolean;
  readonly onError: (error: unknown) => void;
}

/** A route outlives its last device for so long: most devices come back at once. */
const LINGER_MS = 10_000;
const LOOK_MS = 2_000;

/** A device has come back in the meantime. */
class StillFollowed extends Error {}

/** Says in the heads of streams which of them have a device here, so that others send mail. */
export class Routes {
  readonly #options: RoutesOptions;
  /** Streams without a device here, and since when. */
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
   * Makes sure that events of the stream come here from now on; its head exists afterwards. The journal
   * looks at the head itself, however well the route is remembered: others may have pruned it.
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
      // A route that stayed would say for ever that its user is here.
      if (!isFollowed(stream) && !this.#left.has(stream)) this.leave(stream);
    }
  }

  #drop(stream: StreamName): Entry<void> {
    const { instance, isFollowed } = this.#options;
    return {
      parts: [{ stream, intent: { kind: "unroute", instances: [instance()] } }],
      // A device that comes after this look queues its route behind this entry.
      validate: () => {
        if (isFollowed(stream)) throw new StillFollowed();
      },
    };
  }
}
