import { type Clock, pause, within } from "../clock.ts";
import type { Config } from "../config/config.ts";
import type { OpenConnections } from "../gateway/transport/open_connections.ts";
import type { Listener } from "../http/listener.ts";
import type { ReadinessCheck } from "../http/readiness.ts";
import type { Engine } from "./engine.ts";

/** The part of the drain time that is kept for calls in progress after all sessions are closed. */
const RESERVE_SHARE = 0.4;
const RESERVE_MS = 3_000;
/** How long devices have to take the close frame; devices that have stalled never do. */
const GOODBYE_MS = 1_000;
/** How long giving the lease back may take, so that the other instances need not wait for its end. */
const CLOSE_MS = 1_000;

export interface RunningParts {
  readonly config: Pick<Config, "shutdownDelayMs" | "drainMs">;
  readonly clock: Clock;
  readonly readiness: ReadinessCheck;
  readonly engine: Engine;
  /** Connections that are still open. */
  readonly sockets: OpenConnections;
  readonly listener: Listener;
}

/**
 * Stops an instance so that its callers lose nothing: first it only reports not to be ready and goes on
 * serving, until proxies have noticed; then it closes its sessions, spread over the drain time, and
 * finishes the calls in progress.
 *
 * @returns false if a peer keeps its connection open
 */
export async function drainAndStop(
  { config, clock, readiness, engine, sockets, listener }: RunningParts,
): Promise<boolean> {
  readiness.leave();
  if (config.shutdownDelayMs > 0) await pause(clock, config.shutdownDelayMs);
  readiness.stopping();
  const { drainMs } = config;
  const deadline = clock.monotonic() + drainMs;
  const left = () => Math.max(0, deadline - clock.monotonic());
  const background = engine.stopBackground();
  await engine.gateway.drain(drainMs - Math.min(RESERVE_MS, drainMs * RESERVE_SHARE));
  await within(clock, left(), background);
  // A listener that stops closes open connections with a code of its own, before ours is sent.
  const goodbye = clock.monotonic() + Math.min(GOODBYE_MS, left());
  while (sockets.size > 0 && clock.monotonic() < goodbye) await pause(clock, 10);
  sockets.dropAll();
  const isOver = await listener.stop(left());
  await within(clock, left(), engine.store.journal.flushed());
  await within(clock, Math.max(CLOSE_MS, left()), engine.close());
  return isOver;
}
