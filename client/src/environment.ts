import { type Clock, systemClock } from "./clock.ts";
import { indexedDbStorage, type Storage } from "./storage.ts";
import { alone, type Peers } from "./tabs.ts";
import { BellwireError } from "./errors.ts";
import { later, more } from "./load_more.ts";
import type { OpenTransport } from "./transport.ts";
import type { ConnectOptions, WebSocketLike } from "./connect_options.ts";
import { webSockets } from "./web_socket.ts";

/** What happens to a page, by the names of the browser's events. */
export interface PageEvents {
  visibilitychange(): void;
  online(): void;
  offline(): void;
  /** The browser may not come back to it. */
  pagehide(): void;
  /** It is about to run no more. */
  freeze(): void;
  resume(): void;
  /** Also after it was kept, frozen, while the user was on another page. */
  pageshow(): void;
}

/** All that a bell needs of where it runs. */
export interface Environment {
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly storage: Storage;
  readonly peers: Peers;
  readonly transports: readonly [OpenTransport, OpenTransport?];
  readonly fetch: typeof fetch;
  readonly isVisible: () => boolean;
  readonly hasFocus: () => boolean;
  /** Whether there is a network. */
  readonly isOnline: () => boolean;
  /** @returns ends it */
  readonly watchPage: (events: PageEvents) => () => void;
}

/** Where this code runs: a browser's page, a worker, Node, Deno or Bun. */
export function environment(server: string, options: ConnectOptions): Environment {
  const { fetch: fetchIt = (...call) => globalThis.fetch(...call), persist, shareTabs } = options;
  const WebSocket = options.WebSocket ??
    globalThis.WebSocket as (new (url: string) => WebSocketLike) | undefined;
  const page = globalThis.document as Document | undefined;
  const locks = page && (navigator.locks as LockManager | undefined);
  const http = { server, fetch: fetchIt, Failure: BellwireError };
  const sse = later(async () => (await more()).eventStreams(http));
  return {
    clock: systemClock,
    random: Math.random,
    newId,
    storage: indexedDbStorage(page && persist !== false ? globalThis.indexedDB : undefined),
    peers: locks && globalThis.BroadcastChannel && shareTabs !== false
      ? { locks: locks as never, openChannel: (name) => new BroadcastChannel(name) }
      : alone,
    transports: WebSocket
      ? [webSockets(`${server.replace(/^http/, "ws")}/v1/stream`, WebSocket), sse]
      : [sse],
    fetch: fetchIt,
    isVisible: () => !page?.hidden,
    hasFocus: () => !!page?.hasFocus(),
    // Only browsers tell.
    isOnline: () => globalThis.navigator?.onLine !== false,
    watchPage: (events) => page ? watch(events) : () => {},
  };
}

function watch(events: PageEvents): () => void {
  const controller = new AbortController();
  for (const [name, hear] of Object.entries(events)) {
    // Some are the document's and do not bubble.
    addEventListener(name, hear, { signal: controller.signal, capture: true });
  }
  return () => controller.abort();
}

/** `crypto.randomUUID` is not there on pages without TLS. */
function newId(): string {
  return crypto.getRandomValues(new Uint32Array(3)).join("-");
}
