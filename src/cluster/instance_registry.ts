import { type Clock, repeat, type Timer } from "../clock.ts";
import type { ErrorReports, OnError } from "../feeds/error_reports.ts";
import type { Feed } from "../feeds/feed.ts";
import { keys, ranges } from "../store/keys.ts";
import type { Kv, KvKey, KvListed, KvMutation, Versionstamp } from "../kv/kv.ts";
import { RowReader } from "../store/rows.ts";
import { aheadOf, encodeLease } from "./lease.ts";
import type { ClockVotes } from "./shared_clock.ts";
import { LeaseMonitor } from "./lease_monitor.ts";

/**
 * A change among the other instances. `evicted`: this instance has deleted the lease, because it was not
 * renewed. `left`: the lease is gone; its owner, or another instance, has deleted it.
 */
export interface PeerChange {
  readonly id: string;
  readonly change: "joined" | "left" | "evicted";
}

export interface InstanceRegistryOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Told the new id after the others have evicted this instance; nothing is routed to it yet. */
  readonly rejoined: Feed<string>;
  /** Told of each change among the other instances. */
  readonly peers: Feed<PeerChange>;
  /** The first id of this instance. */
  readonly instance: string;
  readonly reports: ErrorReports;
  /** Given where instances compare their machines' clocks. */
  readonly votes?: ClockVotes | undefined;
}

/** How often an instance renews its lease and reads those of the others. */
const RENEW_MS = 2_000;
/** An instance whose lease was not renewed for so long counts as dead. */
const DEAD_AFTER_MS = 8_000;
/** The lease of the last instance of all expires, since no other instance deletes it. */
const LEASE_EXPIRES_MS = 86_400_000;
const LOOK_MAX = 1_000;
const SWEEP_PAGE = 500;

/**
 * Knows which instances are alive. Each instance renews a lease, and measures the age of the others'
 * leases with its own monotonic clock. A lease that is not renewed is deleted, under a check of its
 * version. So an instance that fails to renew its lease knows that it was evicted, and rejoins under a
 * new id. Wall clocks play no part.
 */
export class InstanceRegistry {
  readonly #options: InstanceRegistryOptions;
  readonly #rows: RowReader;
  readonly #onError: OnError;
  readonly #monitor: LeaseMonitor;
  #id: string;
  #lease: Versionstamp | null = null;
  #beats = 0;
  #timer: Timer | undefined;
  #ticking: Promise<void> | undefined;
  #live: ReadonlySet<string> = new Set();
  /** The leases of the last look, and those that were seen to be renewed. */
  #seen: ReadonlyMap<string, Versionstamp> = new Map();
  readonly #moved = new Set<string>();
  readonly #gone = new Set<string>();
  readonly #asking = new Set<string>();

  constructor(options: InstanceRegistryOptions) {
    this.#options = options;
    this.#id = options.instance;
    this.#rows = new RowReader(options.reports);
    this.#onError = options.reports.of("lease");
    this.#monitor = new LeaseMonitor(options.clock, {
      deadAfter: DEAD_AFTER_MS,
      resetAfter: 2 * RENEW_MS,
    });
  }

  /** The id under which this instance is known now. */
  get id(): string {
    return this.#id;
  }

  /** Ids of all instances that hold a lease, as of the last look. */
  get live(): ReadonlySet<string> {
    return this.#live;
  }

  /** Takes a lease. Rejects where the KV does not answer. */
  async start(): Promise<void> {
    this.#lease = await this.#takeLease(this.#id);
    await this.#look();
    const { clock } = this.#options;
    this.#timer = repeat(clock, RENEW_MS, () => this.#ticking = this.#tick(), this.#onError);
  }

  /** Deletes the lease, so that the other instances need not wait until it counts as dead. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    // A renewal after the lease is deleted would make the instance rejoin.
    await this.#ticking;
    try {
      await this.#evict(this.#id, this.#lease);
    } catch (error) {
      this.#onError(error);
    }
  }

  /**
   * Whether an instance is known to be gone for good; ids are never used again. For an unknown instance
   * this is found out in the background, for the next call.
   */
  isGone(instance: string): boolean {
    if (this.#gone.has(instance)) return true;
    if (instance !== this.#id && !this.#live.has(instance)) void this.#ask(instance);
    return false;
  }

  /** Whether an instance holds a lease, even if it is newer than the last look. Rejects if the KV is away. */
  async isAlive(instance: string): Promise<boolean> {
    if (instance === this.#id || this.#live.has(instance)) return true;
    if (this.#gone.has(instance)) return false;
    const row = await this.#options.kv.get(keys.instance(instance));
    return row.value !== null;
  }

  async #tick(): Promise<void> {
    try {
      await this.#renew();
      await this.#look();
    } catch (error) {
      // While the KV is away, no instance can renew its lease: the ages so far prove nothing.
      this.#monitor.reset();
      this.#onError(error);
    }
  }

  async #takeLease(id: string): Promise<Versionstamp | null> {
    const key = keys.instance(id);
    const committed = await this.#options.kv.commit({
      checks: [{ key, versionstamp: null }],
      mutations: [this.#beat(key)],
    });
    // The answer to an earlier attempt may have got lost: no other instance uses this id.
    if (committed.ok) return committed.versionstamp;
    return (await this.#options.kv.get(key)).versionstamp;
  }

  async #renew(): Promise<void> {
    const key = keys.instance(this.#id);
    const committed = await this.#options.kv.commit({
      checks: [{ key, versionstamp: this.#lease }],
      mutations: [this.#beat(key)],
    });
    if (committed.ok) {
      this.#lease = committed.versionstamp;
      return;
    }
    // Other instances only ever delete it: if it exists, an earlier renewal took effect unnoticed.
    const row = await this.#options.kv.get(key);
    if (row.value === null) await this.#rejoin();
    else this.#lease = row.versionstamp;
  }

  /**
   * Takes a lease under a new id after the others have evicted this instance. The new id is used only
   * once it has a lease, since other instances take an id without a lease for gone. If the lease cannot be
   * taken, the next renewal tries again.
   */
  async #rejoin(): Promise<void> {
    const id = this.#options.newId();
    this.#lease = await this.#takeLease(id);
    this.#gone.add(this.#id);
    this.#id = id;
    this.#options.rejoined.emit(id);
  }

  #beat(key: KvKey): KvMutation {
    const ahead = this.#options.votes?.ahead;
    const beat = ++this.#beats;
    const value = encodeLease(ahead === undefined ? { beat } : { beat, ahead });
    return { kind: "set", key, value, expireIn: LEASE_EXPIRES_MS };
  }

  async #look(): Promise<void> {
    const rows = await this.#options.kv.list(ranges.instances(), { limit: LOOK_MAX });
    const seen = new Map(rows.map((row) => [String(row.key[1]), row.versionstamp]));
    this.#tellChanges(seen);
    this.#live = new Set(seen.keys());
    this.#countVotes(rows, seen);
    for (const { id, version } of this.#monitor.observe(seen)) {
      if (id !== this.#id && await this.#evict(id, version)) this.#tell(id, "evicted");
    }
  }

  #tellChanges(seen: ReadonlyMap<string, Versionstamp>): void {
    for (const id of this.#live) {
      if (seen.has(id)) continue;
      // Listeners were told of evictions by this instance when they happened.
      if (!this.#gone.has(id)) this.#tell(id, "left");
      this.#gone.add(id);
    }
    for (const id of seen.keys()) {
      if (id !== this.#id && !this.#live.has(id)) this.#tell(id, "joined");
    }
  }

  #tell(id: string, change: PeerChange["change"]): void {
    this.#options.peers.emit({ id, change });
  }

  /** Counts the clocks of live instances alone: one that never renewed its lease may be long dead. */
  #countVotes(rows: readonly KvListed[], seen: ReadonlyMap<string, Versionstamp>): void {
    for (const [id, version] of seen) {
      if ((this.#seen.get(id) ?? version) !== version) this.#moved.add(id);
    }
    for (const id of this.#moved) if (!seen.has(id)) this.#moved.delete(id);
    this.#seen = seen;
    const others = rows.filter(({ key: [, id] }) => id !== this.#id && this.#moved.has(String(id)));
    // An unreadable lease still shows that its instance is alive.
    const aheads = others.map((row) => this.#rows.read(row, () => aheadOf(row.value)));
    this.#options.votes?.setOthers(aheads.filter((ahead) => ahead !== undefined));
  }

  /**
   * Deletes a lease and what is stored for its instance, except the markers of its commits: if the instance
   * is alive after all, it may still need them.
   *
   * @returns false if the lease has been renewed meanwhile
   */
  async #evict(instance: string, lease: Versionstamp | null): Promise<boolean> {
    const { kv } = this.#options;
    const key = keys.instance(instance);
    const { ok } = await kv.commit({
      checks: [{ key, versionstamp: lease }],
      mutations: [{ kind: "delete", key }, { kind: "delete", key: keys.wake(instance) }],
    });
    if (!ok) return false;
    this.#gone.add(instance);
    for (;;) {
      const rows = await kv.list(ranges.mail(instance), { limit: SWEEP_PAGE });
      const mutations = rows.map(({ key }): KvMutation => ({ kind: "delete", key }));
      if (mutations.length > 0) await kv.commit({ checks: [], mutations });
      if (rows.length < SWEEP_PAGE) return true;
    }
  }

  async #ask(instance: string): Promise<void> {
    if (this.#asking.has(instance)) return;
    this.#asking.add(instance);
    try {
      if (!await this.isAlive(instance)) this.#gone.add(instance);
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#asking.delete(instance);
    }
  }
}
