import { type Clock, pause } from "../clock.ts";
import type { OnError } from "../error_reports.ts";
import { guard } from "../feed.ts";
import { CloseCode, type Closing } from "./close_code.ts";
import type { Session } from "./session.ts";

const TICK_MS = 100;
const RETRY_AFTER_MS = 1_000;
/** Sessions that are sent away in a second at least, so that few of them don't take all the time. */
const PER_SECOND = 100;

/**
 * Sends sessions away at a pace that lets them come back one after the other: many of them over all
 * of the time, few of them sooner.
 *
 * @param options `within`: milliseconds it may take; `onError` takes what one session throws
 */
export async function sendAway(
  sessions: readonly Session[],
  { clock, within, onError }: { clock: Clock; within: number; onError: OnError },
): Promise<void> {
  const evenly = sessions.length * TICK_MS / Math.max(1, within);
  const perTick = Math.ceil(Math.max(PER_SECOND * TICK_MS / 1_000, evenly));
  for (let i = 0; i < sessions.length; i += perTick) {
    if (i > 0) await pause(clock, TICK_MS);
    for (const session of sessions.slice(i, i + perTick)) {
      guard(onError, () => session.close(goingAway()));
    }
  }
}

/** With jitter, so that those who come back don't come together. */
export function goingAway(): Closing {
  return {
    code: CloseCode.goingAway,
    reason: "The service is stopping",
    retryAfterMs: Math.round(RETRY_AFTER_MS * (0.5 + 2 * Math.random())),
  };
}
