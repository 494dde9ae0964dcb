import { dirname, join } from "node:path";
import { type Clock, pause, within } from "../clock.ts";
import type { Log } from "../ops/log.ts";
import type { TlsFiles } from "../config/tls.ts";

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
  readonly tls?: TlsFiles;
  readonly handler: Deno.ServeHandler<Deno.NetAddr>;
  readonly clock: Clock;
  readonly log: Log;
}

const LISTEN_AGAIN_MS = 200;

/** How long sessions may take to be sent away from a listener whose certificate is an old one. */
const SEND_AWAY_MS = 500;
/** How long they have to take note of it before their connections are closed. */
const GOODBYE_MS = 500;

/**
 * Listens for HTTP, and goes on when the platform gives up: too many open files end a server of
 * Deno's, though its connections stay.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #stopped = new AbortController();
  /** Servers that take no more connections, and are not over yet. */
  readonly #retired = new Set<Promise<void>>();
  #tls: TlsFiles | undefined;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #port: number;

  /** Throws where it can't listen, as when the port is taken. */
  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#tls = options.tls;
    const claims = options.share?.isFirst ?? this.#isShared;
    using _ = claims ? takeTurn(options.port) : undefined;
    this.#port = claims ? claimPort(options) : options.port;
    this.#server = this.#listen(this.#tls);
    this.#port = this.#server.addr.port;
    void this.#keepListening(this.#server);
  }

  get address(): { readonly hostname: string; readonly port: number } {
    return { hostname: this.#server.addr.hostname, port: this.#port };
  }

  /**
   * Goes on with another certificate. Deno can't change that of a listener, and a listener that stops
   * ends its WebSockets. So a second one takes over on the same port, and the sessions of the first one
   * are asked to connect again; what is answered there at the moment is answered to its end.
   *
   * Throws where the second one can't listen; the first one goes on then.
   *
   * @param reconnectAll asks them, within so many milliseconds
   */
  replaceTls(tls: TlsFiles, reconnectAll: (ms: number) => Promise<void>): void {
    if (this.#stopped.signal.aborted) return;
    const old = this.#server;
    this.#server = this.#listen(tls);
    this.#tls = tls;
    void this.#keepListening(this.#server);
    const over = this.#retire(old, reconnectAll).finally(() => this.#retired.delete(over));
    this.#retired.add(over);
  }

  /** Until it is shut down a server gets its share of new connections, so that there is a hurry. */
  async #retire(
    server: Deno.HttpServer<Deno.NetAddr>,
    reconnectAll: (ms: number) => Promise<void>,
  ): Promise<void> {
    const { clock, log } = this.#options;
    try {
      await reconnectAll(SEND_AWAY_MS);
      await pause(clock, GOODBYE_MS, this.#stopped.signal).catch(() => {});
      await server.shutdown();
    } catch (error) {
      log.error("listener.failed", { error });
    }
  }

  /**
   * Takes no more connections and waits for the answers that are under way, for `ms`
   * milliseconds at most: a stalled peer could hold it up for ever.
   *
   * @returns whether all is over
   */
  async stop(ms: number): Promise<boolean> {
    this.#stopped.abort();
    const servers = [this.#server.shutdown(), ...this.#retired];
    const over = Promise.all(servers).then(() => true, () => true);
    return await within(this.#options.clock, ms, over) ?? false;
  }

  /** Whether a second listener may be needed on its port, of this isolate or of another one. */
  get #isShared(): boolean {
    return this.#options.share !== undefined || this.#options.tls !== undefined;
  }

  #listen(tls: TlsFiles | undefined): Deno.HttpServer<Deno.NetAddr> {
    const { host, handler, log } = this.#options;
    return Deno.serve({
      hostname: host,
      port: this.#port,
      reusePort: this.#isShared,
      ...(tls ?? {}),
      onListen() {},
      onError(error) {
        log.error("request.failed", { error });
        return new Response(null, { status: 500 });
      },
    }, handler);
  }

  /** @param server the one to look after; another one has somebody else to do so */
  async #keepListening(server: Deno.HttpServer<Deno.NetAddr>): Promise<void> {
    const { clock, log } = this.#options;
    const isOver = () => this.#stopped.signal.aborted || this.#server !== server;
    try {
      return await server.finished;
    } catch (error) {
      log.error("listener.failed", { error });
    }
    while (!isOver()) {
      await pause(clock, LISTEN_AGAIN_MS);
      try {
        if (isOver()) return;
        this.#server = this.#listen(this.#tls);
        return await this.#keepListening(this.#server);
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
