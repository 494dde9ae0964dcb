import { COMMITS_IN_FLIGHT, type RowShapes } from "./row_shapes.ts";

interface Waiting {
  readonly user: number;
  readonly committed: () => void;
}

const KEEP_PUBLISHES_MS = 90 * 86_400_000;
const KEEP_MARKERS_MS = 3_600_000;

/**
 * Commits the rows of publishes in the batches that the service makes, and does nothing else: nothing
 * is decided, read, encoded or retried, and the bytes are random.
 */
export class BareJournal {
  /** One for all commits on a file, and one for each in flight on a `denokv` server. */
  readonly #handles: readonly Deno.Kv[];
  readonly #users: readonly string[];
  readonly #shapes: RowShapes;
  readonly #versions: string[] = [];
  readonly #seqs: Uint32Array;
  readonly #queue: Waiting[] = [];
  readonly #busy = new Set<number>();
  readonly #freeSlots: number[];
  readonly #nudges: boolean;
  readonly #rows: Record<"head" | "item" | "publish" | "marker", Uint8Array>;
  #scheduled = false;

  private constructor(
    handles: readonly Deno.Kv[],
    { users, shapes, on }: { users: readonly string[]; shapes: RowShapes; on: "file" | "denokv" },
  ) {
    this.#handles = handles;
    this.#users = users;
    this.#shapes = shapes;
    this.#seqs = new Uint32Array(users.length);
    this.#freeSlots = Array.from({ length: COMMITS_IN_FLIGHT[on] }, (_, slot) => slot);
    this.#nudges = on === "denokv";
    this.#rows = {
      head: randomBytes(shapes.headBytes),
      item: randomBytes(shapes.itemBytes),
      publish: randomBytes(shapes.publishBytes),
      marker: randomBytes(shapes.markerBytes),
    };
  }

  /** Writes a head for each user, so that what is measured begins with heads that are there. */
  static async open(
    { path, users, shapes, on }: {
      /** Of a file, or the address of a `denokv` server. */
      path: string;
      users: readonly string[];
      shapes: RowShapes;
      on: "file" | "denokv";
    },
  ): Promise<BareJournal> {
    const handles: Deno.Kv[] = [];
    while (handles.length < (on === "file" ? 1 : COMMITS_IN_FLIGHT.denokv)) {
      handles.push(await Deno.openKv(path));
    }
    const journal = new BareJournal(handles, { users, shapes, on });
    for (let first = 0; first < users.length; first += 100) {
      const operation = (handles[0] as Deno.Kv).atomic();
      const some = users.slice(first, first + 100);
      for (const user of some) operation.set(["head", `user:${user}`], journal.#rows.head);
      const { versionstamp } = await operation.commit() as Deno.KvCommitResult;
      for (let i = 0; i < some.length; i++) journal.#versions.push(versionstamp);
    }
    return journal;
  }

  /** Publishes to the user with this index; resolves once it is on disk. */
  publish(user: number): Promise<void> {
    return new Promise((committed) => {
      this.#queue.push({ user, committed });
      this.#schedule();
    });
  }

  close(): void {
    for (const handle of this.#handles) handle.close();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Those who were answered by one commit publish again in the same turn: let them all in.
    queueMicrotask(() => {
      this.#scheduled = false;
      while (this.#freeSlots.length > 0) {
        const batch = this.#takeBatch();
        if (batch.length === 0) return;
        this.#commit(batch, this.#freeSlots.pop() as number);
      }
    });
  }

  /** A user is in one batch at a time. */
  #takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    for (let i = 0; i < this.#queue.length && batch.length < this.#shapes.headsPerCommit;) {
      const waiting = this.#queue[i] as Waiting;
      if (this.#busy.has(waiting.user)) {
        i++;
        continue;
      }
      this.#busy.add(waiting.user);
      batch.push(waiting);
      this.#queue.splice(i, 1);
    }
    return batch;
  }

  async #commit(batch: readonly Waiting[], slot: number): Promise<void> {
    const kv = this.#handles[slot % this.#handles.length] as Deno.Kv;
    const operation = kv.atomic();
    for (const { user } of batch) {
      const stream = `user:${this.#users[user]}`;
      const seq = (this.#seqs[user] as number) + 1;
      this.#seqs[user] = seq;
      const head = ["head", stream];
      operation
        .check({ key: head, versionstamp: this.#versions[user] as string })
        .set(head, this.#rows.head)
        .set(["item", stream, "epoch-of-it", seq], this.#rows.item)
        .set(["publish", timeOrderedId(), 0], this.#rows.publish, { expireIn: KEEP_PUBLISHES_MS });
    }
    operation.set(["commit", "instance", slot], this.#rows.marker, { expireIn: KEEP_MARKERS_MS });
    // As `src/kv/deno/server_latency.ts` does, for commits and for handles, without which
    // nothing but Nagle's algorithm would be measured.
    if (this.#nudges) kv.get(["probe"]).catch(() => {});
    const committed = await operation.commit();
    if (!committed.ok) throw new Error("Nobody else writes, so no check can fail");
    for (const { user, committed: tell } of batch) {
      this.#versions[user] = committed.versionstamp;
      this.#busy.delete(user);
      tell();
    }
    this.#freeSlots.push(slot);
    this.#schedule();
  }
}

function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

let made = 0;

/** Sorts by time as a UUIDv7 does, and is as long. */
function timeOrderedId(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  const count = (made++).toString(16).padStart(8, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15, 27)}${count}`;
}
