/** A key: its parts sort first by type, then by value, as Deno KV orders them. */
export type KvKey = readonly (string | number)[];

/** Grows with every commit; ordered as text. */
export type Versionstamp = string;

/** A row that was looked up; without a value and a versionstamp where there is none. */
export interface KvRow {
  readonly key: KvKey;
  readonly value: Uint8Array | null;
  readonly versionstamp: Versionstamp | null;
}

/** A row that was listed, so it is there. */
export interface KvListed extends KvRow {
  readonly value: Uint8Array;
  readonly versionstamp: Versionstamp;
}

/** A row still has the version that was read; `null`: it is still absent. */
export interface KvCheck {
  readonly key: KvKey;
  readonly versionstamp: Versionstamp | null;
}

export type KvMutation =
  | {
    readonly kind: "set";
    readonly key: KvKey;
    readonly value: Uint8Array<ArrayBuffer>;
    /** Milliseconds until the row may vanish by itself, possibly many minutes late. */
    readonly expireIn?: number;
  }
  | { readonly kind: "delete"; readonly key: KvKey };

/** An atomic operation as plain data, so that the very same one can be sent again. */
export interface KvOperation {
  readonly checks: readonly KvCheck[];
  readonly mutations: readonly KvMutation[];
}

/** `conflict`: a check failed and nothing was written. */
export type KvCommitted =
  | { readonly ok: true; readonly versionstamp: Versionstamp }
  | { readonly ok: false };

/** Rows from `start` (inclusive) to `end` (exclusive). */
export interface KvRange {
  readonly start: KvKey;
  readonly end: KvKey;
}

/**
 * What Bellwire uses of a key-value store.
 *
 * - Reads are strongly consistent: they see every commit that was answered before they began.
 * - `getMany` answers in the order of its keys, which are read in that order or at one moment.
 * - `list` gives the rows of one moment in the order of their keys.
 * - `commit` applies all mutations in order or none. When it *rejects*, the outcome is unknown: the
 *   operation may have been applied, or may still be.
 * - All rows that a commit writes get its versionstamp.
 */
export interface Kv {
  get(key: KvKey): Promise<KvRow>;
  getMany(keys: readonly KvKey[]): Promise<KvRow[]>;
  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]>;
  commit(operation: KvOperation): Promise<KvCommitted>;
  /** A second call does nothing. */
  close(): void;
}

/**
 * Tells when a key was written. Best effort: a call may be late, spurious or lost, so callers also have
 * to poll.
 */
export interface KeyWatcher {
  /** Calls `onChange` after a change of this key until it is told to stop. */
  watch(key: KvKey, onChange: () => void): { stop(): void };
}

/** A clock that all instances can read, such as the KV server's. */
export interface ReferenceClock {
  /** The second that it shows, in milliseconds since the epoch. Rejects where it does not answer. */
  ask(): Promise<number>;
}
