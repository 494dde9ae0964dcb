import type { Timer } from "../../../src/clock.ts";
import { isTopic, type StreamName, userStream } from "../../../src/domain/stream_name.ts";
import type { Odds } from "../../fakes/faulty_kv.ts";
import { RELIABLE } from "./gateway_odds.ts";
import type { Disaster } from "./gateway_schedule.ts";
import type { GatewayInstance } from "./gateway_instance.ts";
import type { GatewayWorld } from "./gateway_world.ts";
import type { SimulatedPublishers } from "./simulated_publishers.ts";

/** What lies between all instances and their KV. */
export class Weather {
  odds: Odds = RELIABLE;
  outage: "refused" | "vanished" | undefined;
}

type Call = Extract<Disaster, { do: "burst" | "campaign" }>;

/** Has things happen to the instances of a world, and undoes them in the end. */
export class Disasters {
  readonly #world: GatewayWorld;
  readonly #weather: Weather;
  readonly #publishers: SimulatedPublishers;
  readonly #timers: Timer[] = [];
  /** Instances that come back in a while. */
  #coming = 0;

  constructor(
    world: GatewayWorld,
    { weather, publishers }: { weather: Weather; publishers: SimulatedPublishers },
  ) {
    this.#world = world;
    this.#weather = weather;
    this.#publishers = publishers;
  }

  /** Many publish at once. @param streams of the recipients who have devices, or of one topic */
  call(action: Call, streams: readonly StreamName[]): void {
    switch (action.do) {
      case "burst":
        for (let i = 0; i < action.times; i++) {
          this.#world.instances.forEach((_, instance) => {
            this.#publishers.publish(streams, {}, { instance });
          });
        }
        return;
      case "campaign": {
        if (streams.some(isTopic)) return this.#publishers.campaign(streams, action.instances);
        const more = Array.from({ length: action.more }, (_, i) => userStream(`guest${i}`));
        // Those with devices are spread over all commits.
        return this.#publishers.campaign(interleave(more, streams), action.instances);
      }
    }
  }

  befall(action: Exclude<Disaster, Call>): void {
    const { instances } = this.#world;
    switch (action.do) {
      case "kill": {
        const instance = instances[action.instance % instances.length];
        const { backMs } = action;
        if (instance === undefined || instance.machine.isDead) return;
        if (backMs !== undefined) instance.machine.onDeath(() => this.#bringBack(instance, backMs));
        return instance.machine.kill(action);
      }
      case "stop":
        return instances[action.instance % instances.length]?.machine.stopFor(action);
      case "outage":
        this.#weather.outage = action.how;
        return this.later(action.ms, () => this.#weather.outage = undefined);
      case "deafen": {
        const instance = instances[action.instance % instances.length];
        if (instance !== undefined) instance.machine.isDeaf = true;
      }
    }
  }

  /** Has something done after a while, unless all is cleared up before. */
  later(ms: number, task: () => void): void {
    this.#timers.push(this.#world.clock.after(ms, task));
  }

  /** Nothing happens any more, who stands still goes on, and somebody is there again. */
  async clearUp(): Promise<void> {
    this.#weather.odds = RELIABLE;
    this.#weather.outage = undefined;
    for (const timer of this.#timers) timer.cancel();
    for (const { machine } of this.#world.instances) {
      machine.defuse();
      machine.goOn();
    }
    const { instances, clock } = this.#world;
    const isComing = () => this.#coming > 0 || instances.some(({ isStarting }) => isStarting);
    while (isComing()) await clock.advance(1_000);
    if (!this.#world.isUp) await this.#world.until(instances[0]?.start() ?? Promise.resolve());
  }

  #bringBack(instance: GatewayInstance, ms: number): void {
    this.#coming++;
    this.#world.clock.after(ms, () => {
      this.#coming--;
      // It was to be killed twice, and is back already.
      if (instance.machine.isDead && !instance.isStarting) void instance.start();
    });
  }
}

function interleave<T>(many: readonly T[], few: readonly T[]): T[] {
  const all = [...many];
  few.forEach((one, i) => all.splice(Math.floor(i * many.length / few.length), 0, one));
  return all;
}
