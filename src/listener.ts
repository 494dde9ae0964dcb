import { dirname, join } from "node:path";
import { type Clock, pause, within } from "./clock.ts";
import type { Log } from "./ops/log.ts";

export interface ListenerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /**
   * Other isolates of this process listen on the same port, and the system shares out connections.
   * The first of them makes sure that nobody else does: a port that may be shared is shared with
   * whichever process asks for the same, without a word.
   */
  readonly share?: { readonly isFirst: boolean };
  /** PEM texts: serve `https` and `wss`. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly handler: Deno.ServeHandler<Deno.NetAddr>;
  readonly clock: Clock;
  readonly log: Log;
}

const LISTEN_AGAIN_MS = 200;

/**
 * Listens for HTTP, and goes on when the platform gives up: too many open files end a server of
 * Deno's, though its connections stay.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #stopped = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr>;
  #port: number;

  /** Throws where it can't listen, as when the port is taken. */
  constructor(options: ListenerOptions) {
    this.#options = options;
    const claims = options.share?.isFirst ?? false;
    using _ = claims ? takeTurn(options.port) : undefined;
    this.#port = claims ? claimPort(options) : options.port;
    this.#server = this.#listen();
    this.#port = this.#server.addr.port;
    void this.#keepListening();
  }

  get address(): { readonly hostname: string; readonly port: number } {
    return { hostname: this.#server.addr.hostname, port: this.#port };
  }

  /**
   * Takes no more connections and waits for the answers that are under way, for `ms`
   * milliseconds at most: a stalled peer could hold it up for ever.
   *
   * @returns whether all is over
   */
  async stop(ms: number): Promise<boolean> {
    this.#stopped.abort();
    const over = this.#server.shutdown().then(() => true, () => true);
    return await within(this.#options.clock, ms, over) ?? false;
  }

  #listen(): Deno.HttpServer<Deno.NetAddr> {
    const { host, tls, handler, log, share } = this.#options;
    return Deno.serve({
      hostname: host,
      port: this.#port,
      reusePort: share !== undefined,
      ...(tls ?? {}),
      onListen() {},
      onError(error) {
        log.error("request.failed", { error });
        return new Response(null, { status: 500 });
      },
    }, handler);
  }

  async #keepListening(): Promise<void> {
    const { clock, log } = this.#options;
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#server.finished;
        return;
      } catch (error) {
        log.error("listener.failed", { error });
      }
      await pause(clock, LISTEN_AGAIN_MS);
      try {
        if (!this.#stopped.signal.aborted) this.#server = this.#listen();
      } catch (error) {
        log.error("listener.failed", { error });
      }
    }
  }
}

/**
 * Has a port for itself for a moment, which fails where anybody listens on it. It is let go of just
 * before it is listened on.
 *
 * @returns the port, which the system chose where it is 0
 */
function claimPort({ host, port }: ListenerOptions): number {
  using claim = Deno.listen({ hostname: host, port });
  return claim.addr.port;
}

/**
 * Several processes that claim a port at the same moment do so one after the other: each would let go
 * of it just before another one listens. The lock of a file in the system's folder for such things ends
 * with the process at the latest.
 *
 * @returns undefined where there is no writing there, or the file is somebody else's: then there is only
 * luck
 */
function takeTurn(port: number): Disposable | undefined {
  try {
    const unused = Deno.makeTempFileSync();
    Deno.removeSync(unused);
    const path = join(dirname(unused), `bellwire-port-${port}.lock`);
    const file = Deno.openSync(path, { create: true, write: true });
    file.lockSync(true);
    return file;
  } catch {
    return undefined;
  }
}
