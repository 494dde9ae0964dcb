import { type Clock, pause } from "../clock.ts";
import type { ErrorReports, OnError } from "../feeds/error_reports.ts";
import type { Feed } from "../feeds/feed.ts";
import type { StreamEvents } from "../domain/event.ts";
import type { StreamName, UserId } from "../domain/stream_name.ts";
import { userStream } from "../domain/stream_name.ts";
import type { StreamSource } from "../gateway/fanout/stream_source.ts";
import { type Heads, knownFrom } from "../store/heads.ts";
import type { Journal } from "../store/journal/journal.ts";
import type { Outbox } from "../store/journal/outbox.ts";
import { keys } from "../store/keys.ts";
import { Rows } from "../store/rows.ts";
import type { KeyWatcher, Kv, KvCommitted, KvOperation } from "../kv/kv.ts";
import { AntiEntropy } from "./anti_entropy.ts";
import type { Control, ControlLine, ControlListener } from "./control.ts";
import { ControlMail } from "./control_mail.ts";
import { Mailbox } from "./mailbox.ts";
import { InstanceRegistry, type PeerChange } from "./instance_registry.ts";
import { MailOutbox } from "./outbox.ts";
import { Routes } from "./routes.ts";
import type { ClockVotes } from "./shared_clock.ts";

export interface ClusterOptions {
  readonly kv: Kv;
  readonly keyWatcher: KeyWatcher;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** The id under which the instance is known first; a new one unless given. */
  readonly instance?: string;
  /** Takes what listeners throw, and rows that cannot be read. */
  readonly reports: ErrorReports;
  /** Told the new id when this instance was taken for dead and goes on under another one. */
  readonly reborn: Feed<string>;
  /** Told of each change among the other instances. */
  readonly peers: Feed<PeerChange>;
  /** Given where instances compare their machines' clocks. */
  readonly votes?: ClockVotes | undefined;
}

/** The devices that are connected here. */
export interface LocalDevices {
  followed(): readonly StreamName[];
  isFollowed(stream: StreamName): boolean;
  deliver(news: StreamEvents): void;
  lookAgain(stream: StreamName): void;
  expect(stream: StreamName, position: { epoch: string; seq: number }): void;
}

/** Streams that are joined anew at the same time after a rebirth. */
const REJOIN_GROUP = 200;
const REJOIN_AGAIN_MS = 1_000;

/** One instance's part in a cluster: it is known to the others, gets their events, sends its own. */
export class Cluster implements StreamSource, ControlLine {
  readonly registry: InstanceRegistry;
  /** To be given to the journal. */
  readonly outbox: Outbox;
  readonly #options: ClusterOptions;
  readonly #rows: Rows;
  readonly #stopped = new AbortController();
  #routes: Routes | undefined;
  #mailbox: Mailbox | undefined;
  #antiEntropy: AntiEntropy | undefined;
  #control: ControlMail | undefined;
  #devices: LocalDevices | undefined;
  #wakeWatch: { stop(): void } | undefined;
  readonly #onRejoinError: OnError;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#rows = new Rows(options.reports);
    this.#onRejoinError = options.reports.of("routing of streams anew");
    const onError = options.reports.of("lease");
    this.registry = new InstanceRegistry({ ...options, rows: this.#rows, onError });
    options.reborn.subscribe((id) => this.#reborn(id));
    this.outbox = new MailOutbox({ registry: this.registry, newId: options.newId });
  }

  /** Makes this instance known. Rejects where the KV does not answer. */
  async start(
    { journal, heads, devices, control }: {
      journal: Journal;
      heads: Heads;
      devices: LocalDevices;
      control: ControlListener;
    },
  ): Promise<void> {
    const { reports } = this.#options;
    const instance = () => this.registry.id;
    const rows = this.#rows;
    this.#devices = devices;
    this.#routes = new Routes({
      ...this.#options,
      journal,
      instance,
      onError: reports.of("routes"),
      isFollowed: (stream) => devices.isFollowed(stream),
    });
    this.#mailbox = new Mailbox({
      ...this.#options,
      rows,
      instance,
      onError: reports.of("mailbox"),
      deliver: (news) => {
        // What is remembered is out of date, and would only cost the next commit a conflict.
        heads.forget(news.stream);
        devices.deliver(news);
      },
      look: (stream) => devices.lookAgain(stream),
      control: (messages) => this.#control?.receive(messages),
      lost: () => {
        this.#antiEntropy?.compareSoon();
        void this.#control?.lookAgain();
      },
      onListenerError: reports.of("delivery of mail"),
    });
    this.#control = new ControlMail({
      ...this.#options,
      registry: this.registry,
      onError: reports.of("control mail"),
      listener: control,
    });
    this.#antiEntropy = new AntiEntropy({
      ...this.#options,
      rows,
      instance,
      onError: reports.of("comparison of streams"),
      followed: () => devices.followed(),
      expect: (stream, position) => devices.expect(stream, position),
      unrouted: (stream) => void this.#rejoin([stream]).catch(this.#onRejoinError),
    });
    await this.registry.start();
    this.#listen(this.registry.id);
    this.#routes.start();
    this.#mailbox.start();
    this.#antiEntropy.start();
    await this.#control.start();
  }

  /** Leaves the cluster; to be called when no device is left. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wakeWatch?.stop();
    this.#routes?.stop();
    this.#antiEntropy?.stop();
    this.#control?.stop();
    await this.#mailbox?.stop();
    await this.registry.stop();
  }

  async join(stream: StreamName): Promise<void> {
    await this.#routes?.join(stream);
  }

  leave(stream: StreamName): void {
    this.#routes?.leave(stream);
  }

  async fetchEarlier(): Promise<void> {
    await this.#mailbox?.drain();
  }

  tell(messages: readonly Control[], operation?: KvOperation): Promise<KvCommitted> {
    if (this.#control === undefined) throw new Error("The cluster was not started");
    return this.#control.tell(messages, operation);
  }

  /** The live instances on which a user has a device, this one aside. */
  async elsewhere(user: UserId): Promise<number> {
    const { kv } = this.#options;
    const { head } = knownFrom(await kv.get(keys.head(userStream(user))));
    const others = head?.routes.filter((route) => route !== this.registry.id) ?? [];
    const alive = await Promise.all(others.map((route) => this.registry.isAlive(route)));
    return alive.filter(Boolean).length;
  }

  #listen(id: string): void {
    this.#wakeWatch?.stop();
    this.#wakeWatch = this.#options.keyWatcher.watch(
      keys.wake(id),
      () => void this.#mailbox?.drain(),
    );
  }

  #reborn(id: string): void {
    this.#listen(id);
    void this.#control?.lookAgain();
    const streams = this.#devices?.followed() ?? [];
    void this.#rejoin(streams).catch(this.#onRejoinError);
  }

  /** Has mail sent here again, then has the devices look for what came by meanwhile. */
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
