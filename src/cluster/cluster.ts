import { type Clock, pause } from "../clock.ts";
import type { StreamEvents } from "../domain/event.ts";
import { type StreamName, type UserId, userStream } from "../domain/stream_name.ts";
import type { ErrorReports, OnError } from "../feeds/error_reports.ts";
import type { Feed } from "../feeds/feed.ts";
import type { StreamSource } from "../gateway/fanout/stream_source.ts";
import type { KeyWatcher, Kv } from "../kv/kv.ts";
import { type HeadCache, headFromRow } from "../store/head_cache.ts";
import type { Journal } from "../store/journal/journal.ts";
import { keys } from "../store/keys.ts";
import { RowReader } from "../store/rows.ts";
import { AntiEntropy } from "./anti_entropy.ts";
import type { ControlLine } from "./control_line.ts";
import type { InstanceRegistry } from "./instance_registry.ts";
import { RemoteReceiver } from "./remote_receiver.ts";
import { Routes } from "./routes.ts";

export interface ClusterOptions {
  readonly kv: Kv;
  readonly keyWatcher: KeyWatcher;
  readonly clock: Clock;
  readonly registry: InstanceRegistry;
  readonly control: ControlLine;
  readonly journal: Journal;
  readonly heads: HeadCache;
  readonly feeds: { readonly rejoined: Feed<string>; readonly reports: ErrorReports };
}

/** The devices that are connected to this instance. */
export interface LocalDevices {
  followed(): readonly StreamName[];
  isFollowed(stream: StreamName): boolean;
  deliver(news: StreamEvents): void;
  lookAgain(stream: StreamName): void;
  expect(stream: StreamName, position: { epoch: string; seq: number }): void;
}

/** How many streams are routed anew at the same time after the instance has rejoined. */
const REJOIN_GROUP = 200;
const REJOIN_AGAIN_MS = 1_000;

/** One instance's part in a cluster: other instances know it, and it receives their events. */
export class Cluster implements StreamSource {
  readonly registry: InstanceRegistry;
  readonly #options: ClusterOptions;
  readonly #stopped = new AbortController();
  #routes: Routes | undefined;
  #receiver: RemoteReceiver | undefined;
  #antiEntropy: AntiEntropy | undefined;
  #devices: LocalDevices | undefined;
  #wakeWatch: { stop(): void } | undefined;
  readonly #onRejoinError: OnError;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.registry = options.registry;
    const { rejoined, reports } = options.feeds;
    this.#onRejoinError = reports.of("routing of streams anew");
    rejoined.subscribe((id) => this.#rejoined(id));
  }

  /** Makes this instance known to the others. Rejects if the KV does not answer. */
  async start(devices: LocalDevices): Promise<void> {
    const { kv, clock, registry, control, journal, heads, feeds: { reports } } = this.#options;
    const shared = { kv, clock, rows: new RowReader(reports), instance: () => registry.id };
    this.#devices = devices;
    const routes = this.#routes = new Routes({
      ...shared,
      journal,
      onError: reports.of("routes"),
      isFollowed: (stream) => devices.isFollowed(stream),
    });
    const antiEntropy = this.#antiEntropy = new AntiEntropy({
      ...shared,
      onError: reports.of("comparison of streams"),
      followed: () => devices.followed(),
      expect: (stream, position) => devices.expect(stream, position),
      unrouted: (stream) => void this.#rejoin([stream]).catch(this.#onRejoinError),
    });
    const receiver = this.#receiver = new RemoteReceiver({
      ...shared,
      onError: reports.of("reading of remote events"),
      deliver: (news) => {
        // The remembered head is out of date now and would cost the next commit a conflict.
        heads.forget(news.stream);
        devices.deliver(news);
      },
      look: (stream) => devices.lookAgain(stream),
      control: (messages) => control.receive(messages),
      lost: () => {
        antiEntropy.compareSoon();
        void control.readStored();
      },
      onListenerError: reports.of("delivery of remote events"),
    });
    await registry.start();
    this.#listen(registry.id);
    routes.start();
    receiver.start();
    antiEntropy.start();
  }

  /** Leaves the cluster. Call it when no device is connected any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wakeWatch?.stop();
    this.#routes?.stop();
    this.#antiEntropy?.stop();
    await this.#receiver?.stop();
    await this.registry.stop();
  }

  async join(stream: StreamName): Promise<void> {
    await this.#routes?.join(stream);
  }

  leave(stream: StreamName): void {
    this.#routes?.leave(stream);
  }

  async fetchEarlier(): Promise<void> {
    await this.#receiver?.receiveAll();
  }

  /** How many other live instances have a device of a user. */
  async countOtherInstances(user: UserId): Promise<number> {
    const { kv } = this.#options;
    const { head } = headFromRow(await kv.get(keys.head(userStream(user))));
    const others = head?.routes.filter((route) => route !== this.registry.id) ?? [];
    const alive = await Promise.all(others.map((route) => this.registry.isAlive(route)));
    return alive.filter(Boolean).length;
  }

  #listen(id: string): void {
    this.#wakeWatch?.stop();
    this.#wakeWatch = this.#options.keyWatcher.watch(
      keys.wake(id),
      () => void this.#receiver?.receiveAll(),
    );
  }

  #rejoined(id: string): void {
    this.#listen(id);
    void this.#options.control.readStored();
    const streams = this.#devices?.followed() ?? [];
    void this.#rejoin(streams).catch(this.#onRejoinError);
  }

  /** Routes streams to this instance again, then has their devices read what they missed meanwhile. */
  async #rejoin(streams: readonly StreamName[]): Promise<void> {
    for (let i = 0; i < streams.length; i += REJOIN_GROUP) {
      const group = streams.slice(i, i + REJOIN_GROUP);
      await Promise.all(group.map((stream) => this.#rejoinOne(stream)));
    }
  }

  async #rejoinOne(stream: StreamName): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stopped.signal.aborted && this.#devices?.isFollowed(stream)) {
      try {
        await this.#routes?.join(stream);
        this.#devices.lookAgain(stream);
        return;
      } catch (error) {
        this.#onRejoinError(error);
      }
      await pause(clock, REJOIN_AGAIN_MS, this.#stopped.signal);
    }
  }
}
