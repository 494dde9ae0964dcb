import { inTime, systemClock } from "./clock.ts";
import { BellwireError } from "./errors.ts";
import type { OpenTransport, Transport } from "./transport.ts";

/** It is a small file, and what waits for it has to go on without it. */
const LOAD_MS = 10_000;

/**
 * What few pages need; loaded once, and again where that has failed. Rejects with a
 * {@link BellwireError}.
 */
export function more(): Promise<typeof import("./more.ts")> {
  return inTime(systemClock, LOAD_MS, import("./more.ts")).catch((cause) => {
    throw new BellwireError("unreachable", cause.message, { cause });
  });
}

/** Connections of a kind that has to be loaded first. */
export function later(load: () => Promise<OpenTransport>): OpenTransport {
  return (start, events) => {
    let inner: Transport | undefined;
    let closed = false;
    load().then(
      (open) => {
        if (!closed) inner = open(start, events);
      },
      (error) => events.ended({ reason: error.message }),
    );
    return {
      send: (message) => inner?.send(message),
      close() {
        closed = true;
        inner?.close();
      },
    };
  };
}
