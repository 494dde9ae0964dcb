import type { Seq } from "../domain/item.ts";
import type { StreamName, UserId } from "../domain/stream_name.ts";
import type { KvKey, KvRange } from "../kv/kv.ts";

/** The keys of every kind of row. Rows under `probe` belong to `src/kv`, which tests the KV with them. */
export const keys = {
  /** Facts about the database as a whole. */
  database: (): KvKey => ["database"],
  head: (stream: StreamName): KvKey => ["head", stream],
  item: (stream: StreamName, epoch: string, seq: Seq): KvKey => ["item", stream, epoch, seq],
  change: (stream: StreamName, epoch: string, seq: Seq): KvKey => ["change", stream, epoch, seq],
  /** A user's membership in a topic, with the user's marks on its items. */
  sub: (user: UserId, topic: string): KvKey => ["sub", user, topic],
  /** The live item of a stream that has this collapse key. */
  collapse: (stream: StreamName, key: string): KvKey => ["collapse", stream, key],
  /** Where up to eight recipients' parts of a notification went. */
  publish: (id: string, chunk: number): KvKey => ["publish", id, chunk],
  /** A notification that a user has published, so that it is found when the user is erased. */
  sent: (user: UserId, id: string): KvKey => ["sent", user, id],
  /** Shows which rows were there when a user was erased. */
  erasure: (id: string): KvKey => ["erasure", id],
  /** A notification that is still to be sent: row 0 is the item, those after it hold its recipients. */
  scheduled: (id: string, row: number): KvKey => ["scheduled", id, row],
  idempotency: (publisher: string, key: string): KvKey => ["idempotency", publisher, key],
  /** Proof that a batch of an instance's journal was applied: the last one that used this slot. */
  commit: (instance: string, slot: number): KvKey => ["commit", instance, slot],
  /** The lease of a live instance. */
  instance: (instance: string): KvKey => ["instance", instance],
  /** Committed events for the devices of another instance. */
  mail: (instance: string, id: string): KvKey => ["mail", instance, id],
  /** Written with each mail; the one key that an instance watches. */
  wake: (instance: string): KvKey => ["wake", instance],
  /** Tokens that are refused; never holds a user's id. */
  revoked: (kind: "jti" | "user", value: string): KvKey => ["revoked", kind, value],
  /** A ticket that was not used yet, by its hash. */
  ticket: (hash: string): KvKey => ["ticket", hash],
  /** Written with each revocation, so that one look tells whether there are new ones. */
  revocations: (): KvKey => ["revocations"],
  /** Something that has to happen at a time, in milliseconds since the epoch. */
  due: (time: number, id: string, chunk: number): KvKey => ["due", time, id, chunk],
} as const;

/** Ranges of keys. */
export const ranges = {
  /** Rows of items or changes numbered in `(after, upTo]`. */
  log: (
    kind: "item" | "change",
    { stream, epoch, after, upTo }: { stream: StreamName; epoch: string; after: Seq; upTo: Seq },
  ): KvRange => ({
    start: [kind, stream, epoch, after + 1],
    end: [kind, stream, epoch, upTo + 1],
  }),
  /** Where a notification went, from a chunk on. */
  publish: (id: string, from = 0): KvRange => ({
    start: ["publish", id, from],
    end: ["publish", id, Number.MAX_SAFE_INTEGER],
  }),
  /** All rows of a user's stream of one kind, of every incarnation of it. */
  ofStream: (kind: "item" | "change" | "collapse", stream: StreamName): KvRange =>
    all(kind, stream),
  sent: (user: UserId): KvRange => all("sent", user),
  idempotency: (publisher: string): KvRange => all("idempotency", publisher),
  published: (): KvRange => all("publish"),
  allScheduled: (): KvRange => all("scheduled"),
  subs: (user: UserId): KvRange => all("sub", user),
  scheduled: (id: string): KvRange => ({
    start: ["scheduled", id, 0],
    end: ["scheduled", id, Number.MAX_SAFE_INTEGER],
  }),
  instances: (): KvRange => all("instance"),
  wakes: (): KvRange => all("wake"),
  mail: (instance: string): KvRange => all("mail", instance),
  /** The mail of every instance. */
  allMail: (): KvRange => all("mail"),
  revoked: (kind: "jti" | "user"): KvRange => all("revoked", kind),
  /** Whatever is due at `time` or before. */
  dueUpTo: (time: number): KvRange => ({ start: ["due", 0], end: ["due", time + 1] }),
} as const;

/** All keys that go on with one more text: in the order of keys every number comes after every text. */
function all(...prefix: string[]): KvRange {
  return { start: [...prefix, ""], end: [...prefix, 0] };
}
