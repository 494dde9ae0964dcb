import { Alarm, type Clock } from "./clock.ts";
import type { OpenTransport, Transport } from "./transport.ts";

/** After so long a socket is tried again, then after twice as long each time. */
const FIRST_MS = 120_000;
const LAST_MS = 3_600_000;
/** A socket has so long until it is made and the service has welcomed the device on it. */
const WELCOME_MS = 15_000;

/**
 * Connections of one kind that turn into sockets where those get through again: what was in the way may be
 * gone, or the device in another network. The connection goes on until the service has said welcome on the
 * socket, so that nothing is missed and nobody notices.
 *
 * @param open makes what is used until then
 */
export function untilSockets(
  open: OpenTransport,
  sockets: OpenTransport,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): OpenTransport {
  // From one connection to the next: some break more often than a socket is tried.
  let pauseMs = FIRST_MS;
  let dueAt: number | undefined;
  return (start, events) => {
    let { token } = start;
    let current: Transport;
    let trial: Transport | undefined;
    /** The service has welcomed the device, and sockets are tried now and then. */
    let isTrying = false;
    const next = new Alarm(clock);
    const deadline = new Alarm(clock);
    const giveUp = () => {
      deadline.clear();
      trial?.close();
      trial = undefined;
    };
    const stop = () => {
      isTrying = false;
      next.clear();
      giveUp();
    };
    const plan = () => {
      isTrying = true;
      dueAt ??= clock.monotonic() + pauseMs * (1 + random());
      next.set(Math.max(0, dueAt - clock.monotonic()), attempt);
    };
    const attempt = () => {
      giveUp();
      pauseMs = Math.min(LAST_MS, pauseMs * 2);
      dueAt = undefined;
      plan();
      deadline.set(WELCOME_MS, giveUp);
      const socket: Transport = trial = sockets({ ...start, token }, {
        opened() {
          if (socket === trial) socket.send(start.hello(token));
        },
        received(messages) {
          if (socket === trial && messages.some(({ type }) => type === "welcome")) {
            trial = undefined;
            dueAt = undefined;
            stop();
            current.close();
            current = socket;
            events.upgraded?.();
          }
          if (socket === current) events.received(messages);
        },
        ended(end) {
          if (socket === current) events.ended(end);
          else if (socket === trial) giveUp();
        },
      });
    };
    const stream: Transport = current = open(start, {
      opened: () => events.opened(),
      received(messages, eventId) {
        if (!isTrying && stream === current) plan();
        events.received(messages, eventId);
      },
      ended(end) {
        stop();
        events.ended(end);
      },
    });
    return {
      send(message) {
        if (message.type === "refresh") token = message.token;
        current.send(message);
      },
      networkChanged() {
        pauseMs = FIRST_MS;
        if (isTrying) attempt();
      },
      close() {
        stop();
        current.close();
      },
    };
  };
}
