import { Device } from "../../../drivers/device.ts";
import type { DenokvServer } from "../../../drivers/denokv_server.ts";
import type { Published, Service } from "../../../drivers/service.ts";

/** Where scenarios are played: two instances on one `denokv`, the same ones for all. */
export interface Stage {
  readonly server: DenokvServer;
  readonly left: Service;
  readonly right: Service;
}

/** One of the scenarios of Centrifuge's stress suite; it uses no user of another one. */
export interface Scenario {
  /** Centrifuge's name first. */
  readonly name: string;
  play(stage: Stage): Promise<void>;
}

/** So often a device is pinged, and so long it has to answer, in milliseconds. */
export const HEARTBEAT_MS = 2_000;
export const PONG_TIMEOUT_MS = 8_000;

/** Of both instances. */
export const ENVIRONMENT = {
  BELLWIRE_HEARTBEAT_MS: String(HEARTBEAT_MS),
  BELLWIRE_PONG_TIMEOUT_MS: String(PONG_TIMEOUT_MS),
  BELLWIRE_MAX_CONNECTIONS_PER_USER: "50",
  BELLWIRE_EVENTS_MAX: "64",
};

const AT_ONCE = 20;

/** Publishes so many to one user, some at a time, on both instances in turn. */
export async function publishMany(
  { left, right }: Stage,
  { user, count, more = {} }: {
    user: string;
    count: number;
    /** Further fields of each. */
    more?: Readonly<Record<string, unknown>>;
  },
): Promise<Published[]> {
  const published: Published[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, async () => {
    while (next < count) {
      const number = next++;
      const service = number % 2 === 0 ? left : right;
      published.push(
        await service.published({ to: { user }, title: `Number ${number}`, ...more }),
      );
    }
  }));
  return published;
}

/** The number under which a publish went to its only recipient. */
export function seqOf({ deliveries }: Published): number {
  return deliveries[0]?.seq ?? NaN;
}

/** Devices of one user, half of them on each instance; the caller disposes of them. */
export async function onBoth(
  { left, right }: Stage,
  user: string,
  count: number,
  devices: AsyncDisposableStack,
): Promise<Device[]> {
  return await Promise.all(
    Array.from(
      { length: count },
      async (_, i) => devices.use(await Device.connect(i % 2 === 0 ? left : right, user)),
    ),
  );
}
