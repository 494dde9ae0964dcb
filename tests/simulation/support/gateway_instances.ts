import type { Engine } from "../../../src/server/engine.ts";
import type { Session } from "../../../src/gateway/session/session.ts";
import { GatewayInstance, InstanceGone, type InstancePlan } from "./gateway_instance.ts";
import type { Machine } from "../../fakes/machine.ts";

/** The instances of a world. Where one is asked for by number they are taken in turns. */
export class GatewayInstances {
  readonly all: readonly GatewayInstance[];

  /** @param options `skews`: for each the milliseconds that its wall clock is ahead */
  constructor(
    plan: InstancePlan,
    { count, skews = [] }: { count: number; skews?: readonly number[] | undefined },
  ) {
    this.all = Array.from({ length: count }, (_, index) => {
      return new GatewayInstance(plan, { index, skewMs: skews[index] ?? 0 });
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.all.map((instance) => instance.start()));
  }

  /** Whether any of them could take something in now. */
  get isUp(): boolean {
    return this.all.some(({ isUp }) => isUp);
  }

  /** All that could. */
  get engines(): readonly Engine[] {
    return this.all.flatMap(({ isUp, engine }) => isUp && engine !== undefined ? [engine] : []);
  }

  /** One that can take something in now. Throws where there is none. */
  up(turn: number): { engine: Engine; machine: Machine } {
    for (const { isUp, engine, machine } of this.#from(turn)) {
      if (isUp && engine !== undefined) return { engine, machine };
    }
    throw new Error("No instance is up");
  }

  /**
   * Calls one from outside, also one that stands still. Rejects with {@link InstanceGone} where there
   * is none, or it dies first.
   */
  call<T>(turn: number, run: (engine: Engine, now: number) => Promise<T>): Promise<T> {
    const called = this.#from(turn).find(({ isListening }) => isListening);
    if (called === undefined) return Promise.reject(new InstanceGone());
    return called.call((engine) => run(engine, called.machine.clock.now()));
  }

  /** Whether any of them, dead ones too, still has a session in its registry. */
  isRegistered(session: Session): boolean {
    return this.all.some(({ engine }) => engine?.gateway.registry.sessions().includes(session));
  }

  #from(turn: number): GatewayInstance[] {
    const { length } = this.all;
    return [...this.all.slice(turn % length), ...this.all.slice(0, turn % length)];
  }
}
