import type { Head } from "../../../src/domain/head.ts";
import type { Seq } from "../../../src/domain/item.ts";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import { Feed } from "../../../src/feeds/feed.ts";
import { withDeadline } from "../../../src/kv/wrap.ts";
import { HeadCache } from "../../../src/store/head_cache.ts";
import type { StreamCommit } from "../../../src/store/journal/decide_batch.ts";
import type { RetryCause } from "../../../src/store/journal/commit_outcome.ts";
import {
  type CommitFeed,
  type CommitRetry,
  Journal,
  type JournalOptions,
} from "../../../src/store/journal/journal.ts";
import { keys } from "../../../src/store/keys.ts";
import { unexpected } from "../../fakes/error_reports.ts";
import { FaultyKv } from "../../fakes/faulty_kv.ts";
import { entryOf } from "./journal_entries.ts";
import { CORRUPT, type Setting, type Step, type Story } from "./journal_stories.ts";
import { MemoryKv } from "../../fakes/memory_kv.ts";
import { SeededRandom } from "./seeded_random.ts";
import { VirtualClock } from "../../fakes/virtual_clock.ts";
import { WatchfulKv } from "../../fakes/watchful_kv.ts";

/** Milliseconds until a call to the store is given up, and until a caller is answered. */
export const DEADLINE_MS = 1_000;
export const ANSWER_WITHIN_MS = 10_000;

/** A caller's entry, and what it was told. */
export interface Attempt {
  readonly token: string;
  readonly node: Node;
  readonly step: Step;
  readonly streams: readonly StreamName[];
  /** When it was appended and answered, as places in the order of all that callers saw. */
  readonly appended: number;
  answered?: number;
  /** For each stream the seq, once it was acknowledged. */
  seqs?: readonly (Seq | undefined)[];
  error?: unknown;
}

/** One journal with its own way to the store. */
export class Node {
  readonly faulty: FaultyKv;
  readonly watchful: WatchfulKv;
  readonly heads: HeadCache;
  readonly journal: Journal;
  /** All that the feed of commits told, in its order. */
  readonly commits: StreamCommit[] = [];
  readonly trouble: RetryCause[] = [];

  constructor(
    store: MemoryKv,
    { clock, setting, number, options }: {
      clock: VirtualClock;
      setting: Setting;
      number: number;
      options: Partial<JournalOptions>;
    },
  ) {
    const { seed, odds, nodes, checksMax, commitsMax, queueMax, queueBytesMax } = setting;
    const { itemsMax, changesMax } = setting;
    const random = new SeededRandom(seed + number * 7_919);
    const deadline = { clock, ms: DEADLINE_MS };
    this.faulty = new FaultyKv(store, { clock, random, odds, wayMax: 20, deadline: deadline.ms });
    this.watchful = new WatchfulKv(withDeadline(this.faulty, deadline), { checksMax });
    this.heads = new HeadCache({ kv: this.watchful, isOnlyWriter: nodes === 1 });
    let made = 0;
    const commits: CommitFeed = new Feed(unexpected);
    commits.subscribe((commits) => void this.commits.push(...commits));
    const retries = new Feed<CommitRetry>(unexpected);
    retries.subscribe(({ kind }) => void this.trouble.push(kind));
    this.journal = new Journal({
      kv: this.watchful,
      heads: this.heads,
      clock,
      random: random.next,
      limits: { itemsMax, changesMax, retentionDays: 90 },
      instance: `node${number}`,
      newBatchId: () => `batch${number}.${++made}`,
      newEpoch: () => `epoch${number}.${++made}`,
      checksMax,
      commitsMax,
      queueMax,
      queueBytesMax,
      answerWithin: ANSWER_WITHIN_MS,
      commits,
      retries,
      onError: unexpected,
      ...options,
    });
  }

  /** Whether the feed of commits has told of an event. */
  hasTold(stream: StreamName, seq: Seq): boolean {
    return this.commits.some((commit) =>
      commit.stream === stream && commit.events.some((event) => event.seq === seq)
    );
  }
}

/** Some journals on one store, and those who call them. */
export class Cluster {
  readonly clock = new VirtualClock();
  readonly store: MemoryKv;
  readonly nodes: readonly Node[];
  readonly attempts: Attempt[] = [];
  /** What readers saw of heads. */
  readonly looks: { readonly stream: StreamName; readonly head: Head }[] = [];
  /** What a caller saw that it must not see. */
  readonly violations: string[] = [];
  #moments = 0;

  constructor(readonly setting: Setting, options: Partial<JournalOptions> = {}) {
    const { checksMax } = setting;
    this.store = new MemoryKv({ now: () => this.clock.now(), checksMax });
    this.nodes = Array.from(
      { length: setting.nodes },
      (_, number) => new Node(this.store, { clock: this.clock, setting, number, options }),
    );
  }

  /** Plays a story: resolves when every caller has got every answer. */
  async play(story: Story): Promise<void> {
    const broken = { kind: "set", key: keys.head(CORRUPT), value: new Uint8Array([99]) } as const;
    await this.store.commit({ checks: [], mutations: [broken] });
    for (const { at, ms } of story.setting.outages) {
      this.clock.after(at, () => this.#outage(true));
      this.clock.after(at + ms, () => this.#outage(false));
    }
    const callers = story.callers.map(async ({ node, atOnce, steps }) => {
      const doing: Promise<void>[] = [];
      for (const { wait, step } of steps) {
        if (wait > 0) await new Promise<void>((resolve) => this.clock.after(wait, resolve));
        const done = this.perform(this.node(node), step);
        doing.push(done);
        if (!atOnce) await done;
      }
      await Promise.all(doing);
    });
    // Every caller is answered, late or not; the longest waits for all of its entries in turn.
    await this.clock.until(Promise.all(callers), { withinMs: 3_600_000 });
  }

  /** Ends all faults, and resolves when nothing is under way any more, not even in limbo. */
  async calmDown(): Promise<void> {
    for (const { faulty } of this.nodes) {
      faulty.outage = false;
      faulty.calm();
    }
    const flushed = Promise.all(this.nodes.map(({ journal }) => journal.flushed()));
    await this.clock.until(flushed, { withinMs: 60_000 });
    for (const { faulty } of this.nodes) faulty.land();
    await this.clock.advance(3_600_000);
  }

  node(number: number): Node {
    return this.nodes[number % this.nodes.length] as Node;
  }

  /** Does a step; resolves when it was answered, whatever the answer. */
  async perform(node: Node, step: Step): Promise<void> {
    if (step.kind === "look") return await this.#look(node, step.stream);
    const token = `t${this.attempts.length}`;
    const { entry, streams } = entryOf(step, token);
    const attempt: Attempt = { token, node, step, streams, appended: this.#moments++ };
    this.attempts.push(attempt);
    try {
      const seqs = await node.journal.append(entry);
      attempt.seqs = seqs;
      seqs.forEach((seq, i) => {
        const stream = streams[i] as StreamName;
        if (seq !== undefined && !node.hasTold(stream, seq)) {
          this.violations.push(
            `${token} was acknowledged before the feed told of ${stream} ${seq}`,
          );
        }
      });
    } catch (error) {
      attempt.error = error;
    }
    attempt.answered = this.#moments++;
    if (node.journal.depth.waiting > this.setting.queueMax) {
      this.violations.push("more entries wait than may");
    }
  }

  /** Whoever reads a head sees all that was acknowledged before. */
  async #look(node: Node, stream: StreamName): Promise<void> {
    const acknowledged = Math.max(
      0,
      ...this.attempts.flatMap(({ streams, seqs }) =>
        seqs?.filter((_, i) => streams[i] === stream) ?? []
      ).filter((seq) => seq !== undefined),
    );
    try {
      const head = await node.heads.read(stream);
      if (head !== undefined) this.looks.push({ stream, head });
      if ((head?.seq ?? 0) < acknowledged) {
        this.violations.push(`${stream} was read at ${head?.seq}, after ${acknowledged}`);
      }
    } catch {
      // The store did not answer.
    }
  }

  #outage(lasts: boolean): void {
    for (const { faulty } of this.nodes) faulty.outage = lasts;
  }
}
