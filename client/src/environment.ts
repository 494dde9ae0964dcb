import { type Clock, inTime, systemClock } from "./clock.ts";
import { indexedDbStorage, type Storage } from "./storage.ts";
import { alone, type Channel, type Locks, mute, type Peers } from "./leader_election.ts";
import { BellwireError, safely } from "./errors.ts";
import type { ChannelLocks } from "./channel_locks.ts";
import { later, more } from "./load_lazy.ts";
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
  const http = { server, fetch: fetchIt, Failure: BellwireError };
  const time = { clock: systemClock, random: Math.random };
  const sockets = WebSocket && webSockets(`${server.replace(/^http/, "ws")}/v1/stream`, WebSocket);
  const sse = later(async () => {
    const { eventStreams, untilSockets } = await more();
    const streams = eventStreams(http);
    // A cache may have kept an earlier version of that file.
    return sockets && untilSockets?.(streams, sockets, time) || streams;
  });
  return {
    ...time,
    newId,
    storage: indexedDbStorage(() => page && persist !== false ? globalThis.indexedDB : undefined),
    peers: page && shareTabs !== false ? peersOfPage() : alone,
    transports: sockets ? [sockets, sse] : [sse],
    fetch: fetchIt,
    isVisible: () => !page?.hidden,
    hasFocus: () => !!page?.hasFocus(),
    // Only browsers tell.
    isOnline: () => safely(() => navigator.onLine) !== false,
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

/** The browser's locks answer within this time, unless they may not be used. */
const LOCKS_MS = 1_000;

/** How tabs find each other; a page that may not use a channel is alone. */
function peersOfPage(): Peers {
  const channel = openChannel("bellwire");
  channel.close();
  return channel === mute ? alone : { openChannel, locks: locksOfPage() };
}

function openChannel(name: string): Channel {
  return safely(() => {
    const channel = new BroadcastChannel(name);
    // Some browsers say only now that it may not be used. No version of this client heeds it.
    channel.postMessage({ tabs: "" });
    return channel;
  }) ?? mute;
}

/**
 * The browser's locks. Where it has none, as without TLS, or refuses them, as in frames that may not store
 * anything, tabs agree over a channel; and where the code for that can't be loaded, each does all itself.
 */
function locksOfPage(): Locks {
  let found: Promise<Locks> | undefined;
  let ofChannel: ChannelLocks | undefined;
  const find = async (): Promise<Locks> => {
    let isUsable = false;
    try {
      const probe = navigator.locks.request("bellwire", { ifAvailable: true }, () => {});
      // Where they only took long, other tabs use them: so does this one as soon as it can.
      probe.then(() => {
        isUsable = true;
        if (ofChannel) found = ofChannel = ofChannel.drop();
      }, () => {});
      await inTime(systemClock, LOCKS_MS, probe);
    } catch {
      const loaded = await more().catch(() => undefined);
      if (!loaded) return alone.locks;
      if (!isUsable) {
        return ofChannel ??= new loaded.ChannelLocks({ openChannel, clock: systemClock, newId });
      }
    }
    return navigator.locks as never;
  };
  return {
    async request(...call) {
      try {
        return await (await (found ??= find())).request(...call);
      } catch (error) {
        // The page may have been allowed to use them until now.
        found = undefined;
        throw error;
      }
    },
  };
}

/** It has to be unique, and nobody gains by guessing it: so it takes nothing that pages without TLS lack. */
function newId(): string {
  return `${Math.random()}-${Math.random()}`;
}
