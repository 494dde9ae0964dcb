import type { Clock } from "../clock.ts";
import type { StreamLimits } from "../domain/stream.ts";
import type { ErrorReports } from "../feeds/error_reports.ts";
import type { Feed } from "../feeds/feed.ts";
import { newEpoch, openDatabase } from "./database.ts";
import { DueJobs } from "./due_jobs.ts";
import { Eraser } from "./erasure/eraser.ts";
import { HeadCache } from "./head_cache.ts";
import { type CommitFeed, type CommitRetry, Journal } from "./journal/journal.ts";
import type { RemoteEvents } from "./journal/decide_batch.ts";
import type { Kv } from "../kv/kv.ts";
import { Inbox } from "./inbox/inbox.ts";
import { LogReader } from "./log_reader.ts";
import { NotificationWriter } from "./publish/notification_writer.ts";
import { IdempotentCalls } from "./publish/idempotent_calls.ts";
import { Notifications } from "./publish/notifications.ts";
import { Publisher } from "./publish/publisher.ts";
import { Recall } from "./publish/recall.ts";
import { ScheduledSender } from "./publish/scheduled_sender.ts";
import { Marks } from "./inbox/marks.ts";
import { Topics } from "./inbox/topics.ts";
import { Memberships } from "./inbox/memberships.ts";
import { RowReader } from "./rows.ts";
import { GarbageCollector } from "./garbage_collector.ts";
import type { KvHealth } from "../kv/health.ts";
import { UserStreams } from "./inbox/user_streams.ts";
import type { OverloadReason } from "../errors.ts";

export interface StoreOptions {
  /** With a deadline on every call. */
  readonly kv: Kv & KvHealth;
  readonly clock: Clock;
  readonly limits: StreamLimits;
  /** Id of this process or worker, new at each start. */
  readonly instance: string;
  /** Where others write this KV too: who they are, and how they learn of commits. */
  readonly cluster?: {
    readonly remoteEvents: RemoteEvents;
    /** Its `id` is under which name this instance is known now; `live` are all ids, as last seen. */
    readonly registry: {
      readonly id: string;
      readonly live: ReadonlySet<string>;
      isAlive(instance: string): Promise<boolean>;
    };
  };
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Checks and concurrent commits that suit the KV. */
  readonly checksMax: number;
  readonly commitsMax: number;
  /** Entries that may wait for a commit; as the journal has it unless given. */
  readonly queueMax?: number;
  /** Bytes of what waits; as the journal has it unless given. */
  readonly queueBytesMax?: number;
  /** Told of each commit. */
  readonly commits: CommitFeed;
  /** Told of each answer of the KV that makes a commit be tried again. */
  readonly commitRetries: Feed<CommitRetry>;
  /** Told of each write that was refused for want of room. */
  readonly overloads?: Feed<OverloadReason>;
  /** Takes what failed in the background, and rows that cannot be read. */
  readonly reports: ErrorReports;
}

/** All that is stored, and the ways to read and write it. */
export interface Store {
  /** Goes into every epoch that clients see. */
  readonly databaseEpoch: string;
  readonly heads: HeadCache;
  readonly log: LogReader;
  readonly memberships: Memberships;
  readonly journal: Journal;
  readonly publisher: Publisher;
  readonly notifications: Notifications;
  readonly inbox: Inbox;
  readonly marks: Marks;
  readonly topics: Topics;
  readonly erase: Eraser;
  /** Stops work in the background; what was appended to the journal is still written. */
  stopBackground(): Promise<void>;
  /** Gives up what has not been written yet. The KV stays open. */
  close(): void;
}

/** Opens the store on a KV and does what became due while nobody ran. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { kv, clock, limits, instance, newId, cluster, commits, reports } = options;
  const database = await openDatabase(kv, newEpoch);
  const heads = new HeadCache({ kv, isOnlyWriter: cluster === undefined });
  const rows = new RowReader(reports);
  const log = new LogReader(kv, rows);
  const memberships = new Memberships(kv, rows);
  const journal: Journal = new Journal({
    kv,
    heads,
    clock,
    limits,
    instance,
    newBatchId: newId,
    newEpoch,
    checksMax: options.checksMax,
    commitsMax: options.commitsMax,
    ...(options.queueMax === undefined ? {} : { queueMax: options.queueMax }),
    ...(options.queueBytesMax === undefined ? {} : { queueBytesMax: options.queueBytesMax }),
    commits,
    retries: options.commitRetries,
    ...(options.overloads === undefined ? {} : { overloads: options.overloads }),
    onError: reports.of("late entries of the journal"),
    ...(cluster === undefined ? {} : { remoteEvents: cluster.remoteEvents }),
  });
  const collector = new GarbageCollector({ kv, heads, journal, onError: reports.of("sweeper") });
  commits.subscribe((commits) => collector.onCommits(commits));
  const { retentionDays } = limits;
  const owner = () => cluster?.registry.id ?? instance;
  // Alone on the KV, whoever else began something is gone.
  const isAlive = (owner: string) => cluster?.registry.isAlive(owner) ?? Promise.resolve(false);
  const chunks = new NotificationWriter({ journal, now: () => clock.now(), retentionDays });
  const sender = new ScheduledSender({ kv, journal, clock, chunks, owner, isAlive });
  const due = new DueJobs({
    kv,
    journal,
    clock,
    retentionDays,
    sender,
    rows,
    onError: reports.of("due work"),
    ...(cluster === undefined ? {} : { cluster: cluster.registry }),
  });
  await due.start();
  const recall = new Recall({ kv, journal, keptMs: chunks.keptMs });
  return {
    databaseEpoch: database.epoch,
    heads,
    log,
    memberships,
    journal,
    publisher: new Publisher({
      kv,
      journal,
      clock,
      newId,
      chunks,
      calls: new IdempotentCalls({ kv, journal, clock, owner, isAlive }),
    }),
    notifications: new Notifications({
      kv,
      heads,
      clock,
      recall,
    }),
    inbox: new Inbox({ streams: new UserStreams({ heads, memberships, rows }), log }),
    marks: new Marks({ kv, journal }),
    topics: new Topics({ kv, journal }),
    erase: new Eraser({
      kv,
      heads,
      journal,
      memberships,
      recall,
      clock,
      newId,
      rows,
      keptMs: chunks.keptMs,
    }),
    async stopBackground() {
      await Promise.all([due.stop(), collector.stop()]);
    },
    close: () => journal.close(),
  };
}
