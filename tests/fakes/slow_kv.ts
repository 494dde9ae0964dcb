import type { Clock } from "../../src/clock.ts";
import { ForwardingKv } from "../../src/kv/forwarding_kv.ts";
import type { Kv, KvCommitted, KvOperation } from "../../src/kv/kv.ts";

/** A {@link Kv} whose every commit takes the same time. */
export class SlowKv extends ForwardingKv {
  readonly #clock: Clock;
  /** Milliseconds that a commit takes. */
  ms: number;

  constructor(kv: Kv, { clock, ms }: { clock: Clock; ms: number }) {
    super(kv);
    this.#clock = clock;
    this.ms = ms;
  }

  override async commit(operation: KvOperation): Promise<KvCommitted> {
    await new Promise<void>((resolve) => this.#clock.after(this.ms, resolve));
    return await super.commit(operation);
  }
}
