import { type Clock, repeat, type Timer } from "../clock.ts";
import { dayOf } from "../domain/days.ts";
import { CorruptRecord } from "./codec/bytes.ts";
import { dueCodec, type DueRecord, publishCodec } from "./codec/records.ts";
import type { Entry, EntryPart } from "./journal/entry.ts";
import type { Journal } from "./journal/journal.ts";
import { keys, ranges } from "./keys.ts";
import type { Kv, KvKey, KvListed } from "../kv/kv.ts";
import type { RowReader } from "./rows.ts";
import type { ScheduledSender } from "./publish/scheduled_sender.ts";

export interface DueJobsOptions {
  readonly kv: Kv;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly retentionDays: number;
  readonly sender: ScheduledSender;
  readonly rows: RowReader;
  /** Where others do what is due too. */
  readonly cluster?: {
    /** Under which id this instance is known now. */
    readonly id: string;
    /** Ids of all that live. */
    readonly live: ReadonlySet<string>;
  };
  readonly onError: (error: unknown) => void;
}

/** How often the index is looked at; nothing is later than that by much. */
const LOOK_MS = 1_000;
/** Due rows that are read at once. */
const PAGE = 200;
/** What the instance that it falls to has not done after so long, any other one does. */
const GRACE_MS = 1_500;

/** Somebody else has done it already. */
class NotDueAnyMore extends Error {}

/**
 * Does what is due: expiries and sendings of notifications, and the retention of streams. The commit of
 * an effect checks its due row and deletes it, so each happens once, whoever does it and however often
 * it stops in between. Who does what is agreed upon beforehand, so that not everybody tries it all.
 */
export class DueJobs {
  readonly #options: DueJobsOptions;
  #timer: Timer | undefined;
  #stopped = false;
  #looking = Promise.resolve();

  constructor(options: DueJobsOptions) {
    this.#options = options;
  }

  /** Does what became due while nobody ran, then goes on every second. */
  async start(): Promise<void> {
    await this.#look();
    const { clock, onError } = this.#options;
    this.#timer = repeat(clock, LOOK_MS, () => this.#looking = this.#look(), onError);
  }

  /** Resolves when what it is doing now is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { start, end } = ranges.dueUpTo(this.#options.clock.now());
    // What others have left over comes last: they may only have much to do.
    const late: KvListed[] = [];
    try {
      for (let from = start; !this.#stopped;) {
        const rows = await this.#options.kv.list({ start: from, end }, { limit: PAGE });
        const last = rows.at(-1);
        await this.#runAll(rows.filter((row) => this.#isOwn(row)));
        if (late.length < PAGE) late.push(...rows.filter((row) => this.#isLeftOver(row)));
        if (last === undefined || rows.length < PAGE) break;
        from = [...last.key, ""];
      }
      await this.#runAll(late);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #isOwn({ key }: KvListed): boolean {
    const { cluster } = this.#options;
    if (cluster === undefined || !cluster.live.has(cluster.id)) return true;
    return pickInstance(cluster.live, String(key[2])) === cluster.id;
  }

  #isLeftOver(row: KvListed): boolean {
    return !this.#isOwn(row) && Number(row.key[1]) + GRACE_MS < this.#options.clock.now();
  }

  /** What fails stays due, and keeps nothing else from being done. */
  async #runAll(rows: readonly KvListed[]): Promise<void> {
    for (const result of await Promise.allSettled(rows.map((row) => this.#run(row)))) {
      if (result.status === "rejected") this.#options.onError(result.reason);
    }
  }

  async #run(row: KvListed): Promise<void> {
    const { rows, sender } = this.#options;
    const record = rows.read(row, () => dueCodec.decode(row.value));
    if (record?.kind === "send") return await sender.send(row);
    const parts = record && await this.#parts(row, record);
    if (parts === undefined) return;
    try {
      await this.#append(row, parts);
    } catch (error) {
      if (!(error instanceof NotDueAnyMore)) throw error;
    }
  }

  /** One head that cannot be read keeps the row due, and none of the other streams from its effect. */
  async #append({ key }: KvListed, parts: readonly EntryPart[]): Promise<void> {
    const { journal } = this.#options;
    try {
      await journal.append(effect(key, parts));
    } catch (error) {
      if (!(error instanceof CorruptRecord) || parts.length === 1) throw error;
      await Promise.allSettled(parts.map((part) => journal.append(alone(key, part))));
      throw error;
    }
  }

  /** Undefined for what this version does not know, or cannot read: it stays due. */
  async #parts(row: KvListed, record: DueRecord): Promise<EntryPart[] | undefined> {
    const { kv, rows, clock, retentionDays } = this.#options;
    if (record.kind === "retain") {
      const day = dayOf(clock.now()) - retentionDays;
      return [{ stream: record.stream, intent: { kind: "retain", day } }];
    }
    // Another kind is for the newer instances that have written it.
    if (record.kind !== "expire") return undefined;
    const [, , id, chunk] = row.key as readonly [string, number, string, number];
    const published = await kv.get(keys.publish(id, chunk));
    // Without the record the retention has taken, or will take, the items.
    const { value } = published;
    if (value === null) return [];
    return rows.read(published, () => publishCodec.decode(value))?.deliveries
      .map(([stream, seq]) => ({ stream, intent: { kind: "expire", seq } }));
  }
}

/** The effect on one stream of several, which leaves the row as it is. */
function alone(due: KvKey, part: EntryPart): Entry<void> {
  return { ...effect(due, [part]), complete: () => ({ mutations: [], result: undefined }) };
}

function effect(due: KvKey, parts: readonly EntryPart[]): Entry<void> {
  return {
    parts,
    reads: [due],
    validate: ([row]) => {
      if (row === undefined || row.value === null) throw new NotDueAnyMore();
    },
    complete: () => ({ mutations: [{ kind: "delete", key: due }], result: undefined }),
  };
}

/**
 * Which of several instances does something, told alike by each of them without asking: the one with
 * the highest hash of its id and the thing's. When one comes or goes, no more than its share moves.
 * (Rendezvous hashing, D. Thaler and C. Ravishankar, 1998.)
 *
 * @param instances at least one
 */
export function pickInstance(instances: Iterable<string>, thing: string): string | undefined {
  let winner: string | undefined;
  let highest = -1;
  for (const instance of instances) {
    const score = hash(`${instance} ${thing}`);
    if (score > highest || (score === highest && winner !== undefined && instance > winner)) {
      highest = score;
      winner = instance;
    }
  }
  return winner;
}

/** FNV-1a, then the last mixing of MurmurHash3, without which ids that differ little score alike. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
