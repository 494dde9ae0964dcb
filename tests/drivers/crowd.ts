import { eventually } from "./deadline.ts";
import { RoamingDevice, type RoamingOptions } from "../simulation/support/roaming_device.ts";
import type { Service } from "./service.ts";

/** How many devices there are, and of whom. */
export interface CrowdOptions {
  readonly users: readonly string[];
  /** Devices of each user, which begin at different instances. */
  readonly each: number;
  /** How the device of this number behaves. */
  readonly behave?: (device: number) => RoamingOptions;
}

/** Devices that begin at the same moment; more would only wait for one another. */
const AT_ONCE = 100;
const BEGIN_MS = 60_000;

/** Many roaming devices, spread evenly over all instances. */
export class Crowd implements AsyncDisposable {
  readonly devices: readonly RoamingDevice[];

  private constructor(devices: readonly RoamingDevice[]) {
    this.devices = devices;
  }

  /** Resolves when all are connected and up to date. */
  static async gather(
    instances: readonly Service[],
    { users, each, behave = () => ({}) }: CrowdOptions,
  ): Promise<Crowd> {
    const devices: RoamingDevice[] = [];
    const crowd = new Crowd(devices);
    try {
      for (let i = 0; i < users.length * each; i++) {
        const user = users[Math.floor(i / each)] as string;
        devices.push(new RoamingDevice(user, instances, { first: i, ...behave(i) }));
        if (devices.length % AT_ONCE === 0) await crowd.isBack();
      }
      await crowd.isBack();
    } catch (error) {
      await crowd[Symbol.asyncDispose]();
      throw error;
    }
    return crowd;
  }

  /** How often its devices were welcomed, all together. */
  get connections(): number {
    return this.devices.reduce((sum, { connections }) => sum + connections, 0);
  }

  /** Waits until every device is connected and live. */
  async isBack(): Promise<void> {
    await eventually(
      () => this.devices.every((device) => device.has(0)),
      () => `${this.devices.filter((device) => !device.has(0)).length} devices to be live`,
      BEGIN_MS,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.devices.map((device) => device.stop()));
  }
}

/** Names of so many users. */
export function usersNamed(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}-${i}`);
}
