import type { RevocationFeed } from "../auth/revocations.ts";
import type { Clock } from "../clock.ts";
import type { PeerChange } from "../cluster/instance_registry.ts";
import { ErrorReports, type Failure } from "../feeds/error_reports.ts";
import { Feed } from "../feeds/feed.ts";
import type { RefusedMessage, SessionEnd } from "../gateway/gateway_options.ts";
import type { EventLog } from "../ops/event_log.ts";
import type { InstanceCounters } from "../ops/instance_metrics.ts";
import type { CommitFeed, CommitRetry } from "../store/journal/journal.ts";
import type { OverloadReason } from "../errors.ts";

/** What the parts of an instance tell each other, the metrics and the log. */
export interface Feeds {
  /** Takes errors of listeners, timers and rows that cannot be read; each goes to `failures`. */
  readonly reports: ErrorReports;
  readonly failures: Feed<Failure>;
  readonly commits: CommitFeed;
  /** Answers of the KV after which a commit is sent again. */
  readonly commitRetries: Feed<CommitRetry>;
  /** Writes that were refused because the write queue is full. */
  readonly overloads: Feed<OverloadReason>;
  /** `true` when the KV stops to answer, `false` when it answers again. */
  readonly outages: Feed<boolean>;
  /** Other instances that joined, left or were evicted. */
  readonly peers: Feed<PeerChange>;
  /** The new id of this instance after the others have evicted it. */
  readonly rejoined: Feed<string>;
  readonly revocations: RevocationFeed;
  readonly sessionEnds: Feed<SessionEnd>;
  /** Messages of devices that were refused because of a quota. */
  readonly refusedMessages: Feed<RefusedMessage>;
}

/** Makes the feeds of one instance. */
export function createFeeds(clock: Pick<Clock, "monotonic">): Feeds {
  // A failure of what reports failures can be reported nowhere.
  const failures = new Feed<Failure>(() => {});
  const reports = new ErrorReports((failure) => failures.emit(failure), clock);
  return {
    reports,
    failures,
    commits: new Feed(reports.of("listeners of commits")),
    commitRetries: new Feed(reports.of("listeners of retries")),
    overloads: new Feed(reports.of("listeners of overloads")),
    outages: new Feed(reports.of("listeners of outages")),
    peers: new Feed(reports.of("listeners of instances")),
    rejoined: new Feed(reports.of("listeners of new ids")),
    revocations: new Feed(reports.of("listeners of revocations")),
    sessionEnds: new Feed(reports.of("listeners of ended sessions")),
    refusedMessages: new Feed(reports.of("listeners of refused messages")),
  };
}

/** Counts and logs what the feeds tell. */
export function observe(
  feeds: Feeds,
  { counters, events }: { counters: InstanceCounters; events: EventLog },
): void {
  feeds.failures.subscribe((failure) => counters.backgroundFailed(1 + failure.more));
  feeds.failures.subscribe((failure) => events.backgroundFailed(failure));
  feeds.commits.subscribe((commits) => counters.committed(commits));
  feeds.commitRetries.subscribe(({ kind }) => counters.commitTrouble(kind));
  feeds.commitRetries.subscribe(({ kind, error }) => events.commitTroubled(kind, error));
  feeds.overloads.subscribe((reason) => counters.overloaded(reason));
  feeds.outages.subscribe((isAway) => events.kvTurned(isAway));
  feeds.peers.subscribe((change) => counters.peerChanged(change));
  feeds.peers.subscribe((change) => events.peerChanged(change));
  feeds.rejoined.subscribe((id) => events.rejoined(id));
  feeds.sessionEnds.subscribe(({ closing }) => counters.sessionEnded(closing));
  feeds.sessionEnds.subscribe(({ session, closing }) => events.sessionEnded(session, closing));
  feeds.refusedMessages.subscribe(({ session, reason }) => events.sessionLimited(session, reason));
}
