import type { Kv } from "../kv.ts";
import { withCommit } from "../wrap.ts";

/** What has become of a file that was open. */
type Fault = "was deleted or moved" | "was replaced by another file";

const REMEDIES: Readonly<Record<Fault, string>> = {
  "was deleted or moved": "Don't end it; put the file back at its path, with its -wal.",
  "was replaced by another file": "To use the other file, start the service again.",
};

/** The KV file, or its -wal, is not the one any more that was opened. */
export class KvFileGone extends Error {
  override readonly name = "KvFileGone";
  constructor(path: string, fault: Fault) {
    super(
      `${path} ${fault} while it was open. What would be written now would be lost when the service ` +
        `ends, so nothing is acknowledged. ${REMEDIES[fault]} docs/operations.md tells more.`,
    );
  }
}

/** Which file it is; undefined where there is none, null where that can't be told. */
type Identity = string | undefined | null;

/**
 * Makes sure after each commit that the file is still at its path: SQLite goes on writing to a file that
 * was deleted, and nothing could read that after a restart. Such a commit counts as failed, so it is not
 * acknowledged.
 */
export class FileGuard {
  readonly #path: string;
  readonly #onChange: (gone: KvFileGone | undefined) => void;
  readonly #file: Identity;
  /** The newest commits are in it. SQLite makes it some time after the file is opened, and keeps it. */
  #wal: Identity;
  #gone: KvFileGone | undefined;

  /** @param onChange told when the file is gone, and with undefined when it is back */
  constructor(path: string, onChange: (gone: KvFileGone | undefined) => void) {
    this.#path = path;
    this.#onChange = onChange;
    this.#file = identityOf(path);
  }

  /** Why what is written now would be lost; undefined where it would not be. */
  get gone(): KvFileGone | undefined {
    this.#look();
    return this.#gone;
  }

  /** The same KV, whose commits reject with {@link KvFileGone} while the file is gone. */
  guard(kv: Kv): Kv {
    return withCommit(kv, async (operation) => {
      const committed = await kv.commit(operation);
      this.#look();
      if (this.#gone !== undefined) throw this.#gone;
      return committed;
    });
  }

  #look(): void {
    // Where the system does not number files there is nothing to compare.
    if (this.#file === undefined || this.#file === null) return;
    const wal = `${this.#path}-wal`;
    const fault = changeOf(this.#path, this.#file) ?? changeOf(wal, this.#wal);
    this.#wal ??= identityOf(wal);
    if ((fault === undefined) === (this.#gone === undefined)) return;
    this.#gone = fault && new KvFileGone(fault.path, fault.what);
    this.#onChange(this.#gone);
  }
}

function changeOf(path: string, known: Identity): { path: string; what: Fault } | undefined {
  if (known === undefined || known === null) return undefined;
  const now = identityOf(path);
  if (now === known || now === null) return undefined;
  return {
    path,
    what: now === undefined ? "was deleted or moved" : "was replaced by another file",
  };
}

function identityOf(path: string): Identity {
  try {
    const { dev, ino } = Deno.statSync(path);
    return ino === null ? null : `${dev}:${ino}`;
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    return isMissing ? undefined : null;
  }
}
