import type { Clock } from "../../../src/clock.ts";
import { type Core, type CoreHooks, startCore } from "../../../src/server/core.ts";
import type { StreamLimits } from "../../../src/domain/stream.ts";
import type { TokenVerifier } from "../../../src/auth/token_verifier.ts";
import type { Quota } from "../../../src/limits/rate_limit.ts";
import type { KeyWatcher, Kv } from "../../../src/kv/kv.ts";
import { createNewId } from "../../../src/encoding/uuid_v7.ts";
import type { JumpingClock } from "../../fakes/jumping_clock.ts";
import { Machine } from "../../fakes/machine.ts";
import { MachineKv } from "../../fakes/machine_kv.ts";

/** What all instances of a world have in common. */
export interface InstancePlan {
  readonly clock: JumpingClock;
  readonly kv: Kv;
  /** Undefined for an instance that is alone. */
  readonly keyWatcher: KeyWatcher | undefined;
  readonly tokens: TokenVerifier;
  readonly maxTokenLifetimeMs: number;
  readonly hooks: (machine: Machine) => CoreHooks;
  readonly limits?: Partial<StreamLimits>;
  readonly maxConnections?: number;
  readonly maxConnectionsPerUser?: number;
  /** How much one user may ask for; as much as users like unless given. */
  readonly userQuota?: Quota | undefined;
  readonly heartbeatMs?: number;
  readonly pongTimeoutMs?: number;
  /** What lies between a machine and its KV: the network, which goes on without it. */
  readonly network?: (kv: Kv, place: { clock: Clock; index: number }) => Kv;
  /** What an instance itself puts before its KV, such as deadlines. */
  readonly between?: (kv: Kv, clock: Clock) => Kv;
}

/** The instance has died, or was not there: the outcome of the call is unknown. */
export class InstanceGone extends Error {
  override readonly name = "InstanceGone";
}

/** After so long whoever looks after an instance that could not start starts it again. */
const START_AGAIN_MS = 1_000;

/** A place at which an instance runs, and another one after it has died. */
export class GatewayInstance {
  readonly #plan: InstancePlan;
  readonly #index: number;
  readonly #skewMs: number;
  #machine: Machine;
  #core: Core | undefined;
  #isStarting = false;

  /** @param options `index`: which one it is; `skewMs`: how far its wall clock is ahead */
  constructor(plan: InstancePlan, { index, skewMs }: { index: number; skewMs: number }) {
    this.#plan = plan;
    this.#index = index;
    this.#skewMs = skewMs;
    this.#machine = new Machine(plan.clock, { skewMs });
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** The instance, once it has started. */
  get core(): Core | undefined {
    return this.#core;
  }

  /** Whether it serves. */
  get isUp(): boolean {
    return this.#core !== undefined && this.#machine.isRunning;
  }

  /** Whether it will serve soon, unless it is killed first. */
  get isStarting(): boolean {
    return this.#isStarting;
  }

  /** Whether it can be called, though one that stands still answers late. */
  get isListening(): boolean {
    return this.#core !== undefined && !this.#machine.isDead;
  }

  /** Calls it from outside. Rejects with {@link InstanceGone} where it dies first. */
  call<T>(run: (core: Core) => Promise<T>): Promise<T> {
    const machine = this.#machine;
    const core = this.#core;
    if (core === undefined || machine.isDead) return Promise.reject(new InstanceGone());
    return new Promise((resolve, reject) => {
      machine.onDeath(() => reject(new InstanceGone()));
      // What a dead one makes of it nobody hears.
      const unlessDead = <V>(then: (value: V) => void) => (value: V) => {
        if (!machine.isDead) then(value);
      };
      machine.run(() => run(core).then(unlessDead(resolve), unlessDead(reject)));
    });
  }

  /** Starts an instance, as often as it takes; resolves once it serves. */
  async start(): Promise<void> {
    const { clock, kv, keyWatcher } = this.#plan;
    this.#core = undefined;
    this.#isStarting = true;
    const machine = this.#machine = new Machine(clock, { skewMs: this.#skewMs });
    machine.onDeath(() => this.#isStarting = false);
    const place = { clock, index: this.#index };
    const reached = keyWatcher === undefined
      ? kv
      : new MachineKv(this.#plan.network?.(kv, place) ?? kv, machine);
    try {
      const core = await startCore(this.#options(machine, reached));
      if (!machine.isDead) this.#core = core;
      this.#isStarting = false;
    } catch {
      // What it has begun ends with its process.
      machine.kill({ afterCalls: 0, reaches: false });
      this.#isStarting = true;
      await new Promise<void>((resolve) => clock.after(START_AGAIN_MS, resolve));
      await this.start();
    }
  }

  #options(machine: Machine, kv: Kv): Parameters<typeof startCore>[0] {
    const { keyWatcher, hooks, tokens, maxTokenLifetimeMs, limits, between } = this.#plan;
    const { clock } = machine;
    const newId = createNewId({ now: () => clock.now() });
    return {
      kv: between?.(kv, clock) ?? kv,
      checksMax: 32,
      commitsMax: 2,
      clock,
      limits: { itemsMax: 1_000, changesMax: 4_096, retentionDays: 90, ...limits },
      tokens,
      maxTokenLifetimeMs,
      newId,
      instance: newId(),
      maxConnections: this.#plan.maxConnections ?? 15_000,
      maxConnectionsPerUser: this.#plan.maxConnectionsPerUser ?? 50,
      heartbeatMs: this.#plan.heartbeatMs ?? 25_000,
      pongTimeoutMs: this.#plan.pongTimeoutMs ?? 10_000,
      userQuota: () => this.#plan.userQuota,
      hooks: hooks(machine),
      ...(keyWatcher === undefined ? {} : { keyWatcher: machine.keyWatcher(keyWatcher) }),
    };
  }
}
