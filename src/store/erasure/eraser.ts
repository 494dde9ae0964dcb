import type { Clock } from "../../clock.ts";
import { type StreamName, type UserId, userStream } from "../../domain/stream_name.ts";
import { dayOf, startOfDay } from "../../domain/days.ts";
import { CorruptRecord, NewerRecord } from "../codec/bytes.ts";
import type { HeadCache } from "../head_cache.ts";
import type { Journal } from "../journal/journal.ts";
import { keys, ranges } from "../keys.ts";
import type { Kv, KvKey, KvListed, KvMutation, KvRange, KvRow, Versionstamp } from "../../kv/kv.ts";
import type { Memberships } from "../inbox/memberships.ts";
import type { Recall } from "../publish/recall.ts";
import { deleteRows, forEachPage, type RowReader } from "../rows.ts";
import { removeFromPublished, removeFromScheduled } from "./recipients.ts";
import { ServiceError } from "../../errors.ts";

export interface EraserOptions {
  readonly kv: Kv;
  readonly heads: HeadCache;
  readonly journal: Journal;
  readonly memberships: Memberships;
  readonly recall: Recall;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly rows: RowReader;
  /** How long it is kept where a notification went, in milliseconds. */
  readonly keptMs: number;
}

/** Retention is due on a day; none is further ahead, however long it is configured to be. */
const RETENTION_DAYS_MAX = 3_660;
/** Thousands of rows have to be looked at, and a server answers for ten keys at a time. */
const KEYS_A_CALL = 10;
const LANES = 8;
const PROOF_EXPIRES_MS = 3_600_000;
const RETRY_AFTER_MS = 1_000;

/**
 * Erases what is stored of a user. The stream goes first, in one commit; what that leaves behind is
 * then known by its version, so that nothing is taken from a stream of the same name that is made
 * meanwhile.
 */
export class Eraser {
  readonly #options: EraserOptions;

  constructor(options: EraserOptions) {
    this.#options = options;
  }

  /**
   * Resolves once no row names the user any more. A call that was cut short can be repeated; an unknown
   * user is no error. Rejects where the KV does not answer.
   */
  async user(user: UserId): Promise<void> {
    await this.#erase(user);
    // Another instance may have heard too late that the user's devices are to be sent away.
    const isBack = await this.#options.heads.read(userStream(user)) !== undefined;
    if (isBack) await this.#erase(user);
  }

  async #erase(user: UserId): Promise<void> {
    const { kv, rows, keptMs, clock } = this.#options;
    const stream = userStream(user);
    const failed = await this.#recallSentBy(user);
    // Before the stream goes: what is sent meanwhile must not make it anew.
    await removeFromScheduled(kv, stream, { rows, keptMs, now: clock.now() });
    const before = await this.#eraseStream(user, stream);
    await deleteRows(kv, this.#ranges(user, stream), before);
    await this.#deleteRetention(stream, before);
    await removeFromPublished(kv, stream, { rows, keptMs, now: clock.now(), before });
    // Whatever else there is of the user is gone by now; the caller has to know that this is not.
    if (failed !== undefined) throw failed.error;
  }

  #ranges(user: UserId, stream: StreamName): KvRange[] {
    return [
      // First: a row of a topic that was joined at the last moment would count for the next of that name.
      ranges.subs(user),
      ranges.ofStream("item", stream),
      ranges.ofStream("change", stream),
      ranges.ofStream("collapse", stream),
      ranges.idempotency(`user:${user}`),
    ];
  }

  /** @returns the version of the commit after which the stream was no more */
  async #eraseStream(user: UserId, stream: StreamName): Promise<Versionstamp> {
    const { kv, journal, memberships, newId } = this.#options;
    const proof = keys.erasure(newId());
    const topics = [...(await memberships.rows(user)).keys()];
    const mutations: readonly KvMutation[] = [
      { kind: "set", key: proof, value: new Uint8Array(), expireIn: PROOF_EXPIRES_MS },
    ];
    try {
      await journal.append<void>({
        parts: [{ stream, intent: { kind: "erase", topics } }],
        reads: [proof],
        complete: () => ({ mutations, result: undefined }),
      });
    } catch (error) {
      if (!(error instanceof CorruptRecord) || error instanceof NewerRecord) throw error;
      await this.#dropDamaged(stream, mutations);
    }
    const { versionstamp } = await kv.get(proof);
    if (versionstamp === null) throw new Error("The proof of an erasure is gone");
    await kv.commit({ checks: [], mutations: [{ kind: "delete", key: proof }] });
    return versionstamp;
  }

  /** A head that cannot be read is erased as well: what it listed is found by the keys of the rows. */
  async #dropDamaged(stream: StreamName, mutations: readonly KvMutation[]): Promise<void> {
    const { kv, heads } = this.#options;
    const key = keys.head(stream);
    const { versionstamp } = await kv.get(key);
    const { ok } = await kv.commit({
      checks: [{ key, versionstamp }],
      mutations: [{ kind: "delete", key }, ...mutations],
    });
    heads.forget(stream);
    if (!ok) {
      throw new ServiceError("unavailable", "The user is being written to", {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
  }

  /**
   * What the user has published to topics goes from there: it names its sender.
   *
   * @returns the first error where a damaged record kept one of them from being recalled
   */
  async #recallSentBy(user: UserId): Promise<{ error: unknown } | undefined> {
    const { kv, recall } = this.#options;
    let failed: { error: unknown } | undefined;
    await forEachPage(kv, ranges.sent(user), async (rows: readonly KvListed[]) => {
      for (const { key } of rows) {
        try {
          await recall.recall(String(key[2]));
          await kv.commit({ checks: [], mutations: [{ kind: "delete", key }] });
        } catch (error) {
          if (!(error instanceof CorruptRecord)) throw error;
          failed ??= { error };
        }
      }
    });
    return failed;
  }

  /** A stream has one such row, under a day that the configuration of its time has decided. */
  async #deleteRetention(stream: StreamName, before: Versionstamp): Promise<void> {
    const { kv, heads, clock } = this.#options;
    const today = dayOf(clock.now());
    const days = Array.from({ length: RETENTION_DAYS_MAX + 2 }, (_, i) => today - 1 + i);
    const row = await this.#findRow(
      days.map((day) => keys.due(startOfDay(day), stream, 0)),
      before,
    );
    if (row === undefined) return;
    const head = await heads.read(stream);
    if (head !== undefined) return;
    const { key, versionstamp } = row;
    await kv.commit({ checks: [{ key, versionstamp }], mutations: [{ kind: "delete", key }] });
  }

  /** The first of these rows that was written no later than a commit; the likely ones come first. */
  async #findRow(rowKeys: readonly KvKey[], before: Versionstamp): Promise<KvRow | undefined> {
    const { kv } = this.#options;
    for (let i = 0; i < rowKeys.length; i += LANES * KEYS_A_CALL) {
      const calls = Array.from({ length: LANES }, (_, lane) => i + lane * KEYS_A_CALL)
        .map((from) => kv.getMany(rowKeys.slice(from, from + KEYS_A_CALL)));
      const rows = (await Promise.all(calls)).flat();
      const found = rows.find(({ versionstamp }) =>
        versionstamp !== null && versionstamp <= before
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
