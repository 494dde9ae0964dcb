import type { Clock } from "../../clock.ts";
import { idempotencyCodec, type IdempotencyRecord } from "../codec/records.ts";
import type { Journal } from "../journal/journal.ts";
import { keys } from "../keys.ts";
import type { Kv, KvKey, KvMutation, KvRow } from "../../kv/kv.ts";
import type { Idempotency } from "./publication.ts";
import type { LinkedRow } from "./notification_writer.ts";
import { idempotencyConflict, idempotencyInProgress } from "../../errors.ts";

export interface IdempotentCallsOptions {
  readonly kv: Kv;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Under which name this instance owns the calls that it begins now. */
  readonly owner: () => string;
  /** Whether another owner is still there to end what it has started. */
  readonly isAlive: (owner: string) => Promise<boolean>;
}

/** What is kept of a call besides its body's hash, its state and its owner. */
export type CallIds = Pick<IdempotencyRecord, "id" | "ids" | "at">;

const IDEMPOTENCY_MS = 86_400_000;
const RETRY_AFTER_MS = 1_000;

/**
 * Calls that must not take effect twice. A call's record is `running` until its last commit: whoever
 * repeats it then goes on where its owner stopped, if that one is gone.
 */
export class IdempotentCalls {
  readonly #options: IdempotentCallsOptions;
  /** Those that run here now. */
  readonly #running = new Set<string>();

  constructor(options: IdempotentCallsOptions) {
    this.#options = options;
  }

  /**
   * Runs a call, or tells what became of it before.
   *
   * @param call `replay` for one that is done; else `write`, with what an unfinished one had started.
   * @throws {ServiceError} `idempotency_conflict` @throws {ServiceError} `idempotency_in_progress`
   */
  async run<T>(
    idempotency: Idempotency,
    call: {
      replay: (done: CallIds) => Promise<T>;
      write: (started: CallIds | undefined) => Promise<T>;
    },
  ): Promise<T> {
    const name = JSON.stringify([idempotency.publisher, idempotency.key]);
    if (this.#running.has(name)) throw idempotencyInProgress(RETRY_AFTER_MS);
    this.#running.add(name);
    try {
      const key = keyOf(idempotency);
      const row = await this.#options.kv.get(key);
      const earlier = this.#valid(row);
      if (earlier === undefined) return await call.write(undefined);
      if (earlier.bodyHash !== idempotency.bodyHash) throw idempotencyConflict();
      if (earlier.state === "done") return await call.replay(earlier);
      await this.#takeOver(key, row, earlier);
      return await call.write(earlier);
    } finally {
      this.#running.delete(name);
    }
  }

  /** Ties the record of a call to a commit: refused where the key is another call's by then. */
  linkedRow(
    idempotency: Idempotency,
    { state, ...ids }: CallIds & Pick<IdempotencyRecord, "state">,
  ): LinkedRow {
    const key = keyOf(idempotency);
    return {
      key,
      validate: (row) => {
        const record = this.#valid(row);
        if (record !== undefined && record.id !== ids.id) {
          throw idempotencyInProgress(RETRY_AFTER_MS);
        }
      },
      mutations: () => [this.#record(key, { ...ids, state, bodyHash: idempotency.bodyHash })],
    };
  }

  /** Writes the record of a call by itself. */
  async note(
    idempotency: Idempotency,
    call: CallIds & Pick<IdempotencyRecord, "state">,
  ): Promise<void> {
    const { key, validate, mutations } = this.linkedRow(idempotency, call);
    await this.#options.journal.append({
      parts: [],
      reads: [key],
      validate: ([row]) => {
        if (row !== undefined) validate(row);
      },
      complete: () => ({ mutations: mutations(), result: undefined }),
    });
  }

  /** A record that still counts; expired ones may lie around for a while. */
  #valid(row: KvRow): IdempotencyRecord | undefined {
    if (row.value === null) return undefined;
    const record = idempotencyCodec.decode(row.value);
    return record.expiresAt > this.#options.clock.now() ? record : undefined;
  }

  #record(
    key: KvKey,
    record: Omit<IdempotencyRecord, "owner" | "expiresAt">,
  ): KvMutation {
    const { clock, owner } = this.#options;
    const { bodyHash, id, ids, at, state } = record;
    const expiresAt = clock.now() + IDEMPOTENCY_MS;
    return {
      kind: "set",
      key,
      value: idempotencyCodec.encode({
        bodyHash,
        id,
        ...(ids === undefined ? {} : { ids }),
        ...(at === undefined ? {} : { at }),
        state,
        owner: owner(),
        expiresAt,
      }),
      expireIn: IDEMPOTENCY_MS,
    };
  }

  /** Makes this instance the owner of a call that another one left unfinished. */
  async #takeOver(key: KvKey, seen: KvRow, record: IdempotencyRecord): Promise<void> {
    const { owner, isAlive, journal } = this.#options;
    if (record.owner === owner()) return;
    if (await isAlive(record.owner)) throw idempotencyInProgress(RETRY_AFTER_MS);
    await journal.append({
      parts: [],
      reads: [key],
      validate: ([row]) => {
        if (row?.versionstamp !== seen.versionstamp) {
          throw idempotencyInProgress(RETRY_AFTER_MS);
        }
      },
      complete: () => ({ mutations: [this.#record(key, record)], result: undefined }),
    });
  }
}

function keyOf({ publisher, key }: Idempotency): KvKey {
  return keys.idempotency(publisher, key);
}
