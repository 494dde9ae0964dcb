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

/** Connections of a kind that has to be loaded first; once, and again where that has failed. */
export function later(load: () => Promise<OpenTransport>): OpenTransport {
  let loaded: OpenTransport | undefined;
  return (start, events) => {
    let inner: Transport | undefined;
    let closed = false;
    Promise.resolve(loaded ?? load()).then(
      (open) => {
        loaded = open;
        if (!closed) inner = open(start, events);
      },
      (error) => events.ended({ reason: error.message }),
    );
    return {
      send: (message) => inner?.send(message),
      networkChanged: () => inner?.networkChanged?.(),
      close() {
        closed = true;
        inner?.close();
      },
    };
  };
}
