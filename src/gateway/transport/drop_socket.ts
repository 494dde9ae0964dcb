/** What is used of Deno that Deno does not promise. */
interface Internals {
  readonly core?: { readonly tryClose?: (resource: number) => void };
}

type Method = (this: WebSocket) => unknown;

const RESOURCE = "[[rid]]";
const READ_LOOP = "[[eventLoop]]";

/**
 * Drops the TCP connection of one of Deno's server WebSockets at once, whatever its peer does: neither
 * `close()` nor anything else that Deno documents does that. The number of the socket's resource and the
 * function that closes a resource are Deno's own business and may disappear with any version: then
 * nothing is dropped. A test of this file tells which versions have them.
 *
 * A connection with bytes that wait to be written is not freed before its peer has taken them or has
 * hung up.
 *
 * @returns whether the means were there
 */
export function dropSocket(socket: WebSocket): boolean {
  const resource = symbolOf(socket, RESOURCE);
  const number = resource && (socket as unknown as Record<symbol, unknown>)[resource];
  const tryClose = internals()?.core?.tryClose;
  if (typeof number !== "number" || typeof tryClose !== "function") return false;
  try {
    tryClose(number);
    return true;
  } catch {
    return false;
  }
}

/** Whether this Deno has the means, as far as can be seen of a socket. */
export function canDrop(socket: WebSocket): boolean {
  return symbolOf(socket, RESOURCE) !== undefined &&
    typeof internals()?.core?.tryClose === "function";
}

/**
 * Deno reads a socket in a loop that nothing catches: where it fails, as for a message that no text can
 * hold, the socket stays open, hears nothing more and leaves an error that nobody handled. From now on
 * such a socket is told by an `error` event.
 *
 * @returns whether this Deno has such a loop
 */
export function reportFailedReading(): boolean {
  const { prototype } = WebSocket;
  const loop = symbolOf(prototype, READ_LOOP);
  const methods = prototype as unknown as Record<symbol, Method>;
  const read = loop && methods[loop];
  if (typeof read !== "function") return false;
  if (patched.has(read)) return true;
  const reported: Method = async function (this: WebSocket) {
    try {
      await read.call(this);
    } catch {
      this.dispatchEvent(new Event("error"));
    }
  };
  patched.add(reported);
  methods[loop as symbol] = reported;
  return true;
}

const patched = new WeakSet<Method>();

function symbolOf(object: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find((symbol) => symbol.description === description);
}

function internals(): Internals | undefined {
  const deno = Deno as unknown as Record<symbol, Internals | undefined> & { internal?: symbol };
  return deno.internal === undefined ? undefined : deno[deno.internal];
}
