import { type Clock, repeat, type Timer } from "../../clock.ts";

/** How often memory is looked at, and how far back it is compared. */
const LOOK_MS = 250;
const LOOKS = 20;
/** What memory may grow by within that time for reasons that are not known. */
const GROWTH_MAX = 256 * 1024 * 1024;
/** What a connection takes outside of JavaScript's heap. */
const CONNECTION_BYTES = 32 * 1024;

export interface MemoryGuardOptions {
  readonly clock: Clock;
  /** Bytes that the process holds outside of JavaScript's heap. */
  readonly held: () => number;
  /** Connections that take room. */
  readonly connections: () => number;
  /** Ends what may be the reason; called at every look, as long as memory grows. */
  readonly onGrowth: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Notices that the process grows fast where nothing that it knows of does.
 *
 * Deno collects a WebSocket message outside of JavaScript's heap until its end, and tells nothing of it.
 * The deadlines for `hello` and `pong` end a message without an end, but in these seconds it can take
 * gigabytes over a fast network. Which connection it comes from can't be seen either. So, while memory
 * grows, connections have to show sooner that they are not in the middle of such a message.
 */
export class MemoryGuard {
  readonly #options: MemoryGuardOptions;
  readonly #timer: Timer;
  /** What was held at the latest looks, without what connections take. */
  #before: number[] = [];

  constructor(options: MemoryGuardOptions) {
    this.#options = options;
    this.#timer = repeat(options.clock, LOOK_MS, () => this.#look(), options.onError);
  }

  stop(): void {
    this.#timer.cancel();
  }

  #look(): void {
    const { held, connections, onGrowth } = this.#options;
    const now = held() - connections() * CONNECTION_BYTES;
    const least = Math.min(...this.#before);
    this.#before = [...this.#before.slice(1 - LOOKS), now];
    if (now - least > GROWTH_MAX) onGrowth();
  }
}

/** Bytes that this process holds outside of the JavaScript heap of this isolate. */
export function heldOutsideOfHeap(): number {
  const { rss, heapTotal, external } = Deno.memoryUsage();
  return rss - heapTotal - external;
}
