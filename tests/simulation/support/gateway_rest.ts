import assert from "node:assert/strict";
import { EVERYONE, type TopicStream, userStream } from "../../../src/domain/stream_name.ts";
import type { Claims, OwnName } from "../../drivers/claims.ts";
import type { SimulatedUsers } from "./simulated_users.ts";
import { audit } from "./gateway_audit.ts";
import type { Schedule } from "./gateway_schedule.ts";
import type { GatewayWorld } from "./gateway_world.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { SimulatedDevice } from "./simulated_device.ts";
import type { SimulatedPublishers } from "./simulated_publishers.ts";
import { CLOCK_TOLERANCE_MS } from "../../../src/auth/token_claims.ts";

/** How long it takes until all that is due was done, … */
const ALONE_MS = 9_000;
/** … until a mailbox was read though no watch told of it, but hardly longer: a bit later … */
const HEARD_MS = 12_500;
/** … whoever was told nothing finds out by comparing. */
const HEALED_MS = 40_000;
/** Connecting takes no longer than so many ways to the KV, about. */
const CONNECT_WAYS = 8;
/** Who is equal stays so for this long, at least. */
const STAY_MS = 2_000;
/** Within this time of its end nobody counts an instance any more. */
const PRESENCE_MS = 15_000;
/** A route outlives its last device for so long at most. */
const LINGER_MS = 15_000;

/** The end of a schedule: everything comes to rest, is reconciled, and goes. */
export class Rest {
  readonly #world: GatewayWorld;
  readonly #random: SeededRandom;
  readonly #schedule: Schedule;
  readonly #publishers: SimulatedPublishers;
  readonly #callers: SimulatedUsers;
  readonly #claims: Claims;
  readonly #users: readonly string[];
  readonly #topics: readonly TopicStream[];
  readonly #devices: readonly SimulatedDevice[];

  constructor(
    world: GatewayWorld,
    { schedule, random, publishers, callers, claims, users, topics, devices }: {
      schedule: Schedule;
      random: SeededRandom;
      publishers: SimulatedPublishers;
      callers: SimulatedUsers;
      claims: Claims;
      users: readonly string[];
      topics: readonly TopicStream[];
      devices: readonly SimulatedDevice[];
    },
  ) {
    this.#world = world;
    this.#random = random;
    this.#schedule = schedule;
    this.#publishers = publishers;
    this.#callers = callers;
    this.#claims = claims;
    this.#users = users;
    this.#topics = topics;
    this.#devices = devices;
  }

  /** Everybody reads and is equal to the inbox; those who were away come back, and are so too. */
  async come(): Promise<void> {
    if (this.#schedule.skews !== undefined) await this.#world.clock.advance(ALONE_MS);
    for (const device of this.#devices) {
      device.dropsAfter = Infinity;
      device.read("fast");
    }
    await this.#settle();
    for (const device of this.#devices) if (device.isOpen) await device.assertEqualsInbox();
    await this.#returnAll();
    await this.#assertKept();
    if (this.#schedule.lastWord) await this.#assertHeard();
  }

  /** What was promised is what there is, and everybody is where they are said to be. */
  async account(): Promise<void> {
    audit(this.#world, this.#publishers, this.#schedule);
    for (const device of this.#devices) {
      for (const { title } of device.model.items.values()) {
        const attempt = this.#publishers.attempts.find((attempt) => attempt.title === title);
        const own = userStream(device.user);
        assert(attempt?.streams.includes(own), `${title} is not for ${device.user}`);
      }
    }
    if (!this.#schedule.lastDeath) return;
    await this.#world.clock.advance(LINGER_MS);
    await this.#assertPresence();
    const up = this.#world.instances.filter(({ isUp }) => isUp);
    if (up.length < 2) return;
    for (const device of this.#devices) device.onClosed = () => {};
    up[this.#random.integer(0, up.length - 1)]?.machine.kill({ afterCalls: 0, reaches: false });
    await this.#world.clock.advance(PRESENCE_MS);
    await this.#assertPresence();
    await this.#returnAll();
  }

  /** All go, one way or another, and nothing of them is left. */
  async leave(): Promise<void> {
    for (const device of this.#devices) device.onClosed = () => {};
    if (this.#random.next() < 0.3) await this.#world.drain(1_000);
    for (const device of this.#devices) device.drop();
    await this.#world.end(this.#users);
  }

  /**
   * Every instance reaches every device, those too that come just now, without anybody having to
   * compare what was delivered with what there is.
   */
  async #assertHeard(): Promise<void> {
    const random = this.#random;
    const whileMs = this.#schedule.kvWayMax * CONNECT_WAYS;
    const everywhere = this.#world.instances.map((_, instance) => instance);
    // The one event that no later one makes up for comes from where somebody is just connecting.
    const here = random.integer(0, everywhere.length - 1);
    const speakers = random.next() < 0.5 ? everywhere : [here];
    for (const device of this.#devices) {
      if (random.next() < 0.6) device.connect({ instance: here });
    }
    for (const user of this.#users) {
      for (const instance of speakers) {
        const publish = () => this.#publishers.publish([userStream(user)], {}, { instance });
        this.#world.clock.after(random.integer(0, whileMs), publish);
      }
    }
    for (const topic of this.#topics) {
      for (const instance of speakers) {
        const publish = () => this.#publishers.publish([topic], {}, { instance });
        this.#world.clock.after(random.integer(0, whileMs), publish);
      }
    }
    await this.#world.clock.advance(whileMs);
    for (let waited = 0; waited < HEARD_MS && !this.#isCurrent(); waited += 500) {
      await this.#world.clock.advance(500);
    }
    for (const device of this.#devices) await device.assertEqualsInbox();
  }

  async #returnAll(): Promise<void> {
    // A token that is issued so soon after its user was erased is refused: clocks may differ.
    const isErased = this.#schedule.actions.some((action) => action.do === "erase");
    if (isErased) await this.#world.clock.advance(CLOCK_TOLERANCE_MS + 1);
    for (const device of this.#devices) {
      if (!device.isOpen) device.connect({ instance: this.#random.integer(0, 4) });
    }
    await this.#settle();
    for (const device of this.#devices) {
      assert(device.isOpen, `a device of ${device.user} was sent away`);
      await device.assertEqualsInbox();
    }
  }

  async #settle(): Promise<void> {
    const { clustered, faults, skews, actions } = this.#schedule;
    const isIdle = () => {
      return !this.#callers.areBusy && this.#devices.every((device) => !device.isBusy);
    };
    // Mail that lies there for a day has expired.
    const loses = faults || actions.some((action) => action.do === "days");
    const ms = clustered === 0 ? ALONE_MS : loses ? HEALED_MS : HEARD_MS;
    if (skews === undefined) return await this.#world.settle({ ms, isIdle });
    // Without faults no mail is lost but with its instance's lease, which is noticed at once.
    const longest = faults ? HEALED_MS : HEARD_MS;
    for (let waited = 0; waited < longest && !this.#isCurrent(); waited += 500) {
      await this.#world.clock.advance(500);
    }
    await this.#world.settle({ ms: STAY_MS, isIdle });
  }

  /** Nobody waits for anything, and every device that is connected has all there is. */
  #isCurrent(): boolean {
    return !this.#publishers.areBusy && !this.#callers.areBusy &&
      this.#devices.every((device) => !device.isOpen || device.isCurrent);
  }

  /** What users were told is done is in force, unless somebody wanted something else since. */
  async #assertKept(): Promise<void> {
    for (const user of this.#users) {
      const topics = this.#topics.filter((topic) => topic !== EVERYONE);
      for (const topic of topics) {
        const isMember = this.#world.membership(user, topic) !== undefined;
        const possible = this.#claims.membership(user, topic);
        assert(possible.has(isMember), `${user} is ${isMember ? "a" : "no"} member of ${topic}`);
      }
      // Numbers of one who was erased may mean what came before.
      if (this.#claims.wasErased(user)) continue;
      const { items } = await this.#world.inbox(user);
      for (const { stream, seq, read, archived, seen } of items) {
        const possible = this.#claims.item(user, stream as OwnName, seq);
        const what = `${seq} of ${stream} of ${user}`;
        assert(!possible.deleted, `${what} was deleted`);
        assert(possible.read.has(read === true), `${what} is ${read ? "" : "not "}read`);
        assert(possible.archived.has(archived === true), `${what}: archived is ${archived}`);
        assert(possible.seen.has(seen === true), `${what} is ${seen ? "" : "not "}seen`);
      }
    }
  }

  async #assertPresence(): Promise<void> {
    const places = this.#world.instances;
    for (const user of this.#users) {
      const open = this.#devices.filter((device) => device.user === user && device.isOpen);
      const machines = new Set(open.map(({ connection }) => connection?.machine));
      const truth = { online: machines.size > 0, instances: machines.size };
      for (const [i, { isUp }] of places.entries()) {
        if (!isUp) continue;
        assert.deepEqual(await this.#world.presence(user, i), truth, `presence of ${user} at ${i}`);
      }
    }
  }
}
