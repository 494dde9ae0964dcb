import type { KvMutation } from "../../kv/kv.ts";
import type { StreamCommit } from "./decide_batch.ts";

/** What has to go with a commit so that other instances learn of it. */
export interface Outbox {
  /** Those of the instances routed to that are known to be gone; they are taken out of the head. */
  gone(routes: readonly string[]): readonly string[];
  /** Rows that carry the events to every other instance that has a device of their streams. */
  mail(commits: readonly StreamCommit[]): readonly KvMutation[];
}
