import { Device, type DeviceOptions } from "./device.ts";

/** What a device knows of what arrived. */
export type Receipt = Pick<Device, "received" | "skipped" | "twice" | "assertAlive">;

/** What arrived at many devices, against what was sent to them. */
export interface Arrivals {
  readonly received: number;
  readonly lost: number;
  readonly twice: number;
}

/**
 * Connects a device for each of `devices`, at most `atOnce` handshakes at a time: a listening socket
 * turns away who finds its queue full, and then the kernel's retry is measured, not the server.
 * Resolves once all of them are ready.
 */
export async function connectAll(
  devices: readonly DeviceOptions[],
  { atOnce = 250 }: { atOnce?: number } = {},
): Promise<Device[]> {
  const connected: Device[] = new Array(devices.length);
  let next = 0;
  const connectNext = async () => {
    while (next < devices.length) {
      const index = next++;
      connected[index] = await Device.connect(devices[index] as DeviceOptions);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, devices.length) }, connectNext));
  return connected;
}

/**
 * Waits until each device has received as many notifications as `expected` says, at most
 * `deadlineMs`, and reconciles. Throws if a device was disconnected meanwhile.
 */
export async function reconcile(
  devices: readonly Receipt[],
  { expected, deadlineMs }: { expected: (index: number) => number; deadlineMs: number },
): Promise<Arrivals> {
  const end = performance.now() + deadlineMs;
  const complete = () => devices.every((device, i) => device.received >= expected(i));
  while (!complete() && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  let received = 0;
  let lost = 0;
  let twice = 0;
  devices.forEach((device, i) => {
    device.assertAlive();
    received += device.received;
    twice += device.twice;
    lost += Math.max(device.skipped, expected(i) - (device.received - device.twice));
  });
  return { received, lost, twice };
}
