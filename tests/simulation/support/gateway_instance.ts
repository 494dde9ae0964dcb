import type { Clock } from "../../../src/clock.ts";
import { type Engine, type EngineOptions, startEngine } from "../../../src/server/engine.ts";
import { createFeeds, type Feeds } from "../../../src/server/feeds.ts";
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
  /** Listens to what an instance tells. */
  readonly listen: (feeds: Feeds, machine: Machine) => void;
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
  #engine: Engine | undefined;
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
  get engine(): Engine | undefined {
    return this.#engine;
  }

  /** Whether it serves. */
  get isUp(): boolean {
    return this.#engine !== undefined && this.#machine.isRunning;
  }

  /** Whether it will serve soon, unless it is killed first. */
  get isStarting(): boolean {
    return this.#isStarting;
  }

  /** Whether it can be called, though one that stands still answers late. */
  get isListening(): boolean {
    return this.#engine !== undefined && !this.#machine.isDead;
  }

  /** Calls it from outside. Rejects with {@link InstanceGone} where it dies first. */
  call<T>(run: (engine: Engine) => Promise<T>): Promise<T> {
    const machine = this.#machine;
    const engine = this.#engine;
    if (engine === undefined || machine.isDead) return Promise.reject(new InstanceGone());
    return new Promise((resolve, reject) => {
      machine.onDeath(() => reject(new InstanceGone()));
      // What a dead one makes of it nobody hears.
      const unlessDead = <V>(then: (value: V) => void) => (value: V) => {
        if (!machine.isDead) then(value);
      };
      machine.run(() => run(engine).then(unlessDead(resolve), unlessDead(reject)));
    });
  }

  /** Starts an instance, as often as it takes; resolves once it serves. */
  async start(): Promise<void> {
    const { clock, kv, keyWatcher } = this.#plan;
    this.#engine = undefined;
    this.#isStarting = true;
    const machine = this.#machine = new Machine(clock, { skewMs: this.#skewMs });
    machine.onDeath(() => this.#isStarting = false);
    const place = { clock, index: this.#index };
    const reached = keyWatcher === undefined
      ? kv
      : new MachineKv(this.#plan.network?.(kv, place) ?? kv, machine);
    try {
      const engine = await startEngine(this.#options(machine, reached));
      if (!machine.isDead) this.#engine = engine;
      this.#isStarting = false;
    } catch {
      // What it has begun ends with its process.
      machine.kill({ afterCalls: 0, reaches: false });
      this.#isStarting = true;
      await new Promise<void>((resolve) => clock.after(START_AGAIN_MS, resolve));
      await this.start();
    }
  }

  #options(machine: Machine, kv: Kv): EngineOptions {
    const { keyWatcher, listen, tokens, limits, between, ...plan } = this.#plan;
    const { clock } = machine;
    const newId = createNewId({ now: () => clock.now() });
    const feeds = createFeeds(clock);
    listen(feeds, machine);
    return {
      config: {
        inboxMax: limits?.itemsMax ?? 1_000,
        eventsMax: limits?.changesMax ?? 4_096,
        retentionDays: limits?.retentionDays ?? 90,
        maxTokenLifetimeMs: plan.maxTokenLifetimeMs,
        maxConnections: plan.maxConnections ?? 15_000,
        maxConnectionsPerUser: plan.maxConnectionsPerUser ?? 50,
        heartbeatMs: plan.heartbeatMs ?? 25_000,
        pongTimeoutMs: plan.pongTimeoutMs ?? 10_000,
      },
      settings: { current: plan.userQuota === undefined ? {} : { userQuota: plan.userQuota } },
      feeds,
      opened: {
        kv: between?.(kv, clock) ?? kv,
        checksMax: 32,
        commitsMax: 2,
        ...(keyWatcher === undefined ? {} : { keyWatcher: machine.keyWatcher(keyWatcher) }),
      },
      clock,
      newId,
      instance: newId(),
      access: { tokens, isCurrent: () => true },
    };
  }
}
