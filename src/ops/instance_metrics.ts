import type { PeerChange } from "../cluster/instance_registry.ts";
import { CloseCode, type Closing } from "../gateway/protocol/close_code.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { StreamCommit } from "../store/journal/decide_batch.ts";
import type { RetryCause } from "../store/journal/commit_outcome.ts";
import type { Journal } from "../store/journal/journal.ts";
import type { Labels, Metrics } from "./metrics.ts";
import type { OverloadReason } from "../errors.ts";

/** Counts what happens in an instance. */
export interface InstanceCounters {
  committed(commits: readonly StreamCommit[]): void;
  commitTrouble(kind: RetryCause): void;
  sessionEnded(closing: Closing | undefined): void;
  overloaded(reason: OverloadReason): void;
  backgroundFailed(times: number): void;
  peerChanged(change: PeerChange): void;
}

/** Registers the gauges of the journal, the gateway and the clock. */
export function measureInstance(
  metrics: Metrics,
  { journal, gateway, skew }: { journal: Journal; gateway: Gateway; skew: () => number },
): void {
  const gauges: [name: string, help: string, read: () => number][] = [
    ["bellwire_connections", "Open sessions", () => gateway.registry.size],
    [
      "bellwire_event_streams",
      "Open sessions over server-sent events; bellwire_connections includes them",
      () => gateway.registry.eventStreams,
    ],
    ["bellwire_connected_users", "Users with an open session", () => gateway.registry.users],
    [
      "bellwire_parked_connections",
      "Sessions that are paused because their device reads too slowly",
      () => gateway.backpressure.size,
    ],
    [
      "bellwire_catching_up_reads",
      "Devices that read missed events, or wait for their turn to",
      () => gateway.catchUp.active,
    ],
    [
      "bellwire_waiting_for_store",
      "Sessions that wait until the KV answers again",
      () => gateway.storeRetry.waiting,
    ],
    [
      "bellwire_journal_waiting",
      "Entries of the journal that wait for a commit",
      () => journal.depth.waiting,
    ],
    [
      "bellwire_journal_committing",
      "Entries of the journal in a commit in progress",
      () => journal.depth.committing,
    ],
    [
      "bellwire_clock_skew_seconds",
      "Seconds by which this machine's clock is ahead of the time that the instances share; for a lone " +
      "instance, by how much the clock was set in the last 15 minutes",
      () => skew() / 1_000,
    ],
  ];
  for (const [name, help, read] of gauges) metrics.gauge(name, help, read);
}

/** Registers the counters of an instance. */
export function createInstanceCounters(metrics: Metrics): InstanceCounters {
  const events = metrics.counter("bellwire_events_total", "Events written, by kind", [
    NOTIFICATION,
    CHANGE,
  ]);
  const commits = metrics.counter("bellwire_journal_commits_total", "Commits of the journal");
  const troubles = metrics.counter(
    "bellwire_journal_troubles_total",
    "Commits of the journal that were sent again, by reason",
    Object.values(TROUBLES),
  );
  const ends = metrics.counter(
    "bellwire_sessions_ended_total",
    "Sessions ended, by close code",
    ENDS.values(),
  );
  const overloads = metrics.counter(
    "bellwire_overloads_total",
    "Writes refused because the write queue was full, by the limit that was reached",
    Object.values(OVERLOADS),
  );
  const failures = metrics.counter(
    "bellwire_background_failures_total",
    "Failures of background work, which is tried again",
  );
  const peers = metrics.counter(
    "bellwire_peer_changes_total",
    "Other instances that joined, left or were evicted by this one",
    Object.values(PEER_CHANGES),
  );
  return {
    overloaded: (reason) => overloads.add(1, OVERLOADS[reason]),
    backgroundFailed: (times) => failures.add(times),
    peerChanged: ({ change }) => peers.add(1, PEER_CHANGES[change]),
    committed(streams) {
      commits.add();
      let notifications = 0;
      let changes = 0;
      for (const { events } of streams) {
        for (const event of events) event.kind === "change" ? changes++ : notifications++;
      }
      if (notifications > 0) events.add(notifications, NOTIFICATION);
      if (changes > 0) events.add(changes, CHANGE);
    },
    commitTrouble: (kind) => troubles.add(1, TROUBLES[kind]),
    sessionEnded: (closing) => ends.add(1, ENDS.get(closing?.code) ?? BY_PEER),
  };
}

const NOTIFICATION = { kind: "notification" };
const CHANGE = { kind: "change" };
const TROUBLES: Readonly<Record<RetryCause, Labels>> = {
  "timeout-or-error": { kind: "timeout-or-error" },
  "conflict": { kind: "conflict" },
  "spurious-conflict": { kind: "spurious-conflict" },
};
const OVERLOADS: Readonly<Record<OverloadReason, Labels>> = {
  entries: { reason: "entries" },
  bytes: { reason: "bytes" },
  drain: { reason: "drain" },
  deadline: { reason: "deadline" },
};
const PEER_CHANGES: Readonly<Record<PeerChange["change"], Labels>> = {
  joined: { change: "joined" },
  left: { change: "left" },
  evicted: { change: "evicted" },
};
const BY_PEER = { code: "peer" };
const ENDS = new Map<CloseCode | undefined, Labels>([
  ...Object.values(CloseCode).map((code) => [code, { code }] as const),
  [undefined, BY_PEER],
]);
