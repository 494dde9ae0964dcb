import { type Clock, pause } from "../../clock.ts";
import type { OnError } from "../../feeds/error_reports.ts";
import { guard } from "../../feeds/feed.ts";
import { CloseCode, type Closing } from "../protocol/close_code.ts";
import type { Session } from "./session.ts";

const TICK_MS = 100;
/** When a device comes back at the earliest, and within which time from then on. */
const RETRY_AFTER_MS = 500;
const SPREAD_MS = 2_000;
/** Sessions that are sent away in a second at least, so that few of them don't take all the time. */
const PER_SECOND = 100;

/**
 * Sends sessions away at a pace that lets them come back one after the other: many of them over all
 * of the time, few of them sooner.
 *
 * @param options `within`: milliseconds it may take; `onError` takes what one session throws;
 * `closing` makes what each is told
 */
export async function closeGradually(
  sessions: readonly Session[],
  { clock, within, onError, closing = goingAway }: {
    clock: Clock;
    within: number;
    onError: OnError;
    closing?: () => Closing;
  },
): Promise<void> {
  const evenly = sessions.length * TICK_MS / Math.max(1, within);
  const perTick = Math.ceil(Math.max(PER_SECOND * TICK_MS / 1_000, evenly));
  for (let i = 0; i < sessions.length; i += perTick) {
    if (i > 0) await pause(clock, TICK_MS);
    for (const session of sessions.slice(i, i + perTick)) {
      guard(onError, () => session.close(closing()));
    }
  }
}

/** With jitter, so that those who come back don't come together. */
export function goingAway(): Closing {
  return comeBack("The service is stopping", SPREAD_MS);
}

/**
 * What devices are told that have to connect again to the same service.
 *
 * @param devices how many will come back, each of which takes the service a moment
 */
export function comingBack(devices: number): Closing {
  return comeBack("The certificate has changed", Math.max(SPREAD_MS, devices * MS_EACH));
}

/** A handshake of TLS takes about as much of a processor. */
const MS_EACH = 2;

function comeBack(reason: string, spreadMs: number): Closing {
  const retryAfterMs = Math.round(RETRY_AFTER_MS + spreadMs * Math.random());
  return { code: CloseCode.goingAway, reason, retryAfterMs };
}
