import { type Clock, systemClock } from "./clock.ts";
import { indexedDbStorage, noStorage, type Storage } from "./storage.ts";
import type { Neighbourhood } from "./tabs.ts";
import { BellwireError } from "./errors.ts";
import { later, more } from "./load_more.ts";
import type { OpenTransport } from "./transport.ts";
import type { ConnectOptions, WebSocketLike } from "./types.ts";
import { webSockets } from "./web_socket.ts";

/** What happens to a page. */
export interface PageEvents {
  /** It can be seen, or no longer. */
  look(): void;
  online(): void;
  offline(): void;
  /** The browser may not come back to it. */
  leaving(): void;
  freeze(): void;
  resume(): void;
}

/** All that a bell needs of where it runs. */
export interface Environment {
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly storage: Storage;
  readonly neighbourhood: Neighbourhood | undefined;
  readonly transports: readonly [OpenTransport, OpenTransport?];
  readonly fetch: typeof fetch;
  readonly isVisible: () => boolean;
  readonly hasFocus: () => boolean;
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
    storage: page && persist !== false && globalThis.indexedDB
      ? indexedDbStorage(indexedDB)
      : noStorage,
    neighbourhood: locks && globalThis.BroadcastChannel && shareTabs !== false
      ? { locks: locks as never, openChannel: (name) => new BroadcastChannel(name) }
      : undefined,
    transports: WebSocket
      ? [webSockets(`${server.replace(/^http/, "ws")}/v1/stream`, WebSocket), sse]
      : [sse],
    fetch: fetchIt,
    isVisible: () => page?.visibilityState !== "hidden",
    hasFocus: () => page?.hasFocus() ?? false,
    watchPage: (events) => page ? watch(page, events) : () => {},
  };
}

function watch(page: Document, events: PageEvents): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const hear = (target: EventTarget, name: string, listener: () => void) =>
    target.addEventListener(name, listener, { signal });
  hear(page, "visibilitychange", () => events.look());
  hear(page, "freeze", () => events.freeze());
  hear(page, "resume", () => events.resume());
  hear(globalThis, "pageshow", () => events.resume());
  hear(globalThis, "pagehide", () => events.leaving());
  hear(globalThis, "online", () => events.online());
  hear(globalThis, "offline", () => events.offline());
  return () => controller.abort();
}

/** `crypto.randomUUID` is not there on pages without TLS. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
