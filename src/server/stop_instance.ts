import { type Clock, pause, within } from "../clock.ts";
import type { Config } from "../config/config.ts";
import type { Core } from "./core.ts";
import type { Connections } from "../gateway/transport/connections.ts";
import type { Listener } from "../http/listener.ts";
import type { ReadinessCheck } from "../http/readiness.ts";

/** What of the time for draining is kept for what is under way once the sessions are sent away. */
const RESERVE_SHARE = 0.4;
const RESERVE_MS = 3_000;
/** How long devices that were sent away have to take note of it; stalled ones never do. */
const GOODBYE_MS = 1_000;
/** Giving the lease back takes a moment; nobody has to find it standing still then. */
const CLOSE_MS = 1_000;

export interface StoppingInstance {
  readonly config: Pick<Config, "shutdownDelayMs" | "drainMs">;
  readonly clock: Clock;
  readonly readiness: ReadinessCheck;
  readonly core: Core;
  /** Connections that are not closed yet. */
  readonly sockets: Connections;
  readonly listener: Listener;
}

/**
 * Stops an instance so that its callers notice nothing: first it only says that it is not ready, and
 * goes on serving until proxies have taken note; then it sends its devices away over the time that
 * draining has, and finishes what is under way.
 *
 * @returns false where a peer would not let go of its connection
 */
export async function stopInstance(
  { config, clock, readiness, core, sockets, listener }: StoppingInstance,
): Promise<boolean> {
  readiness.leave();
  if (config.shutdownDelayMs > 0) await pause(clock, config.shutdownDelayMs);
  readiness.stopping();
  const { drainMs } = config;
  const deadline = clock.monotonic() + drainMs;
  const left = () => Math.max(0, deadline - clock.monotonic());
  const background = core.stopBackground();
  await core.gateway.drain(drainMs - Math.min(RESERVE_MS, drainMs * RESERVE_SHARE));
  await within(clock, left(), background);
  // Stopping the listener closes what stands with a code of its own, before ours is written.
  const goodbye = clock.monotonic() + Math.min(GOODBYE_MS, left());
  while (sockets.size > 0 && clock.monotonic() < goodbye) await pause(clock, 10);
  sockets.dropAll();
  const over = await listener.stop(left());
  await within(clock, left(), core.store.journal.flushed());
  await within(clock, Math.max(CLOSE_MS, left()), core.close());
  return over;
}
