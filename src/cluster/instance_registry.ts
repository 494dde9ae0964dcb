import { type Clock, repeat, type Timer } from "../clock.ts";
import type { ErrorReports, OnError } from "../feeds/error_reports.ts";
import type { Feed } from "../feeds/feed.ts";
import { keys, ranges } from "../store/keys.ts";
import type { Kv, KvKey, KvListed, KvMutation, Versionstamp } from "../kv/kv.ts";
import { RowReader } from "../store/rows.ts";
import { aheadOf, encodeLease } from "./lease.ts";
import type { ClockVotes } from "./shared_clock.ts";
import { Sightings } from "./sightings.ts";

/**
 * What has become of another instance. `evicted`: its lease stood still, and this instance has taken it
 * away. `left`: its lease is gone, given back or taken away by another instance.
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

/** How often a lease is renewed, and those of the others are looked at. */
const RENEW_MS = 2_000;
/** A lease that was seen to stand still for so long is nobody's any more. */
const DEAD_AFTER_MS = 8_000;
/** The last instance of all has nobody to clear its lease away. */
const LEASE_EXPIRES_MS = 86_400_000;
const LOOK_MAX = 1_000;
const SWEEP_PAGE = 500;

/**
 * Who is alive. Each instance renews a lease, and watches those of the others with its own monotonic
 * clock: one that stands still is deleted, under a check that it still does. So an instance that
 * fails to renew knows that the others have given it up, and goes on under a new id. Nobody's wall
 * clock matters.
 */
export class InstanceRegistry {
  readonly #options: InstanceRegistryOptions;
  readonly #rows: RowReader;
  readonly #onError: OnError;
  readonly #sightings: Sightings;
  #id: string;
  #lease: Versionstamp | null = null;
  #beats = 0;
  #timer: Timer | undefined;
  #ticking: Promise<void> | undefined;
  #live: ReadonlySet<string> = new Set();
  /** The leases as last seen, and those that somebody was seen to renew. */
  #seen: ReadonlyMap<string, Versionstamp> = new Map();
  readonly #moved = new Set<string>();
  readonly #gone = new Set<string>();
  readonly #asking = new Set<string>();

  constructor(options: InstanceRegistryOptions) {
    this.#options = options;
    this.#id = options.instance;
    this.#rows = new RowReader(options.reports);
    this.#onError = options.reports.of("lease");
    this.#sightings = new Sightings(options.clock, {
      deadAfter: DEAD_AFTER_MS,
      forgetAfter: 2 * RENEW_MS,
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

  /** Gives the lease back, so that nobody has to wait for it to stand still. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    // A renewal that came after the end would find itself buried, and rise again.
    await this.#ticking;
    try {
      await this.#bury(this.#id, this.#lease);
    } catch (error) {
      this.#onError(error);
    }
  }

  /**
   * Whether an instance is known to be gone for good; ids are never used again. Of one that was not
   * seen yet it is found out, for the next time.
   */
  isGone(instance: string): boolean {
    if (this.#gone.has(instance)) return true;
    if (instance !== this.#id && !this.#live.has(instance)) void this.#ask(instance);
    return false;
  }

  /** Whether an instance holds a lease, also one that was not seen yet. Rejects where the KV is away. */
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
      // While the KV is away no lease can move: what was seen until now proves nothing.
      this.#sightings.forget();
      this.#onError(error);
    }
  }

  async #takeLease(id: string): Promise<Versionstamp | null> {
    const key = keys.instance(id);
    const committed = await this.#options.kv.commit({
      checks: [{ key, versionstamp: null }],
      mutations: [this.#beat(key)],
    });
    // A lost answer may have hidden that it was taken: the id is ours alone either way.
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
    // Others only ever delete it: if it is there, an earlier renewal went through unheard.
    const row = await this.#options.kv.get(key);
    if (row.value === null) await this.#rise();
    else this.#lease = row.versionstamp;
  }

  /**
   * Begins anew after the others have buried this instance. Nobody may meet the new id before it has a
   * lease, since whoever does takes it for gone for good; where none can be had it is tried again.
   */
  async #rise(): Promise<void> {
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
    this.#count(rows, seen);
    for (const { id, version } of this.#sightings.note(seen)) {
      if (id !== this.#id && await this.#bury(id, version)) this.#tell(id, "evicted");
    }
  }

  #tellChanges(seen: ReadonlyMap<string, Versionstamp>): void {
    for (const id of this.#live) {
      if (seen.has(id)) continue;
      // Those that were evicted here were told of then.
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

  /** Whoever was never seen to renew a lease may be dead, and have run on this very machine. */
  #count(rows: readonly KvListed[], seen: ReadonlyMap<string, Versionstamp>): void {
    for (const [id, version] of seen) {
      if ((this.#seen.get(id) ?? version) !== version) this.#moved.add(id);
    }
    for (const id of this.#moved) if (!seen.has(id)) this.#moved.delete(id);
    this.#seen = seen;
    const others = rows.filter(({ key: [, id] }) => id !== this.#id && this.#moved.has(String(id)));
    // A lease that cannot be read is a lease all the same: whether it moves is what counts.
    const aheads = others.map((row) => this.#rows.read(row, () => aheadOf(row.value)));
    this.#options.votes?.hear(aheads.filter((ahead) => ahead !== undefined));
  }

  /**
   * Deletes a lease that stands still, and whatever was meant for its instance. Not the proofs of its
   * commits: should it be alive after all, it may still have to look at them.
   *
   * @returns whether the lease was still as it was seen
   */
  async #bury(instance: string, lease: Versionstamp | null): Promise<boolean> {
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
