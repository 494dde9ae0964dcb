import { dirname } from "node:path";
import type { Clock } from "../clock.ts";
import type { KvConfig } from "../config/kv.ts";
import { MeasuredKv } from "./measured_kv.ts";
import type { Metrics } from "../ops/metrics.ts";
import { DeadlineKv } from "./deadline_kv.ts";
import { DenoKv } from "./deno/deno_kv.ts";
import { FileInUse, lockFile } from "./deno/file_lock.ts";
import { DenoKeyWatcher } from "./deno/key_watcher.ts";
import { KvServerClock } from "./deno/server_clock.ts";
import type { KeyWatcher, Kv, ReferenceClock } from "./kv.ts";
import { GuardedKv, type KvFileGone } from "./deno/guarded_kv.ts";
import { kvFileIsOpen, KvFileUnusable, prepareKvFile } from "./deno/prepare.ts";
import { LockRetryKv } from "./deno/lock_retry_kv.ts";
import { NudgingKv } from "./deno/nudging_kv.ts";
import { refuseUnchecked } from "./deno/kv_checks.ts";
import { SpreadKv } from "./deno/spread_kv.ts";
import { type TakesTurns, TurnKv } from "./deno/turn_kv.ts";

/** A KV that is ready for use. */
export interface OpenedKv {
  /** With a deadline on each call. */
  readonly kv: Kv;
  /** Why nothing that is written is kept; undefined where it is. */
  readonly fault?: () => string | undefined;
  /** Given where other instances work on the same KV: how they wake this one. */
  readonly keyWatcher?: KeyWatcher;
  /** A clock that all instances can ask. */
  readonly reference?: ReferenceClock;
  /** How many streams suit one commit, and how many commits at a time. */
  readonly checksMax: number;
  readonly commitsMax: number;
}

/** The KV can't be used as it is configured. */
export class KvUnusable extends Error {
  override readonly name = "KvUnusable";
}

export interface OpenKvOptions {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Gets what has to be undone when the KV is not needed any more. */
  readonly cleanUp: AsyncDisposableStack;
  /**
   * Given where other isolates of this process work on the same file, whose lock somebody holds for
   * all: whose turn it is to write.
   */
  readonly turns?: TakesTurns;
  readonly onError: (error: unknown) => void;
  /** Told when a KV file is not at its path any more, and with undefined when it is back. */
  readonly onFileGone?: (gone: KvFileGone | undefined) => void;
}

/** What `/ready` says of a KV file that is not at its path any more. */
const FILE_GONE = "The KV file is not at its path any more; the log says more";
/** No call takes so long unless something is wrong. */
const DEADLINE_MS = 5_000;
/**
 * A local file takes 100 checks; groups of more than some 32 streams only make each wait longer, and
 * 36 are four chunks of eight recipients, each with its record. It has one writer, so that more than
 * two commits would stand in line.
 */
const FILE = { checksMax: 36, commitsMax: 2 };
/** A `denokv` server takes no more than 10 checks; several commits share the way to it and its disk. */
const SERVER = { checksMax: 10, commitsMax: 6 };
/** Enough for those commits and the reads beside them to have one each. */
const CONNECTIONS = 8;

/**
 * Opens the KV that is configured.
 *
 * Throws `FileInUse`, {@link KvUnusable} and `ChecksIgnored`.
 */
export async function openKv(config: KvConfig, options: OpenKvOptions): Promise<OpenedKv> {
  return config.kind === "file"
    ? await openFile(config.path, options)
    : await openServer(config, options);
}

async function openFile(path: string, options: OpenKvOptions): Promise<OpenedKv> {
  const handle = await openHandle(path, options);
  const { turns, clock, onFileGone: onChange = () => {} } = options;
  const own = new GuardedKv(new DenoKv(handle), { path, onChange });
  options.cleanUp.defer(() => own.close());
  const fault = () => own.gone && FILE_GONE;
  if (turns === undefined) return { kv: dress(own, options), fault, ...FILE };
  const kv = dress(new TurnKv(new LockRetryKv(own, clock), turns), options);
  // Two handles on one file in an isolate would lock each other out, so the watcher shares this one.
  return { kv, fault, keyWatcher: new DenoKeyWatcher(handle, options), ...FILE };
}

async function openHandle(path: string, { turns, cleanUp }: OpenKvOptions): Promise<Deno.Kv> {
  if (turns === undefined) cleanUp.use(await lockKvFile(path));
  try {
    const kv = await Deno.openKv(path);
    await kvFileIsOpen(path);
    return kv;
  } catch (cause) {
    throw unusable(path, cause);
  }
}

/**
 * Takes the lock of a KV file for this process, makes sure that the file can be opened, and makes it
 * and its folder where there are none.
 * Rejects with `FileInUse` and {@link KvUnusable}.
 *
 * @returns the lock; it is held until it is disposed of
 */
export async function lockKvFile(path: string): Promise<Disposable> {
  let lock: Disposable | undefined;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    lock = lockFile(path);
    await prepareKvFile(path);
    return lock;
  } catch (cause) {
    lock?.[Symbol.dispose]();
    if (cause instanceof KvFileUnusable) throw new KvUnusable(cause.message, { cause });
    throw cause instanceof FileInUse ? cause : unusable(path, cause);
  }
}

function unusable(path: string, cause: unknown): KvUnusable {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KvUnusable(`The KV file ${path} (BELLWIRE_KV) can't be used: ${reason}`, { cause });
}

async function openServer(
  config: Exclude<KvConfig, { kind: "file" }>,
  options: OpenKvOptions,
): Promise<OpenedKv> {
  // Deno reads it there, and nowhere else; it may come from a file, or have spaces around it.
  const accessToken = config.kind === "server" ? config.accessToken : undefined;
  if (accessToken !== undefined) Deno.env.set("DENO_KV_ACCESS_TOKEN", accessToken);
  const open = () => Deno.openKv(config.kind === "deploy" ? undefined : config.url);
  const lanes: Kv[] = [];
  let watching: Deno.Kv;
  try {
    while (lanes.length < (config.kind === "deploy" ? 1 : CONNECTIONS)) {
      const lane = new NudgingKv(new DenoKv(await open()));
      options.cleanUp.defer(() => lane.close());
      lanes.push(lane);
    }
    // A watch that shares its connection with other calls makes all of them slow.
    watching = await open();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KvUnusable(`The KV can't be opened. ${reason}\n${remedy(config)}`, { cause });
  }
  options.cleanUp.defer(() => watching.close());
  const kv = dress(new SpreadKv(lanes), options);
  await refuseUnchecked(kv, SERVER.checksMax);
  const keyWatcher = new DenoKeyWatcher(watching, options);
  if (config.kind === "deploy") return { kv, keyWatcher, ...SERVER };
  return { kv, keyWatcher, reference: new KvServerClock(config.url, options.clock), ...SERVER };
}

function dress(kv: Kv, { clock, metrics }: OpenKvOptions): Kv {
  return new MeasuredKv(new DeadlineKv(kv, { clock, ms: DEADLINE_MS }), metrics);
}

function remedy(config: Exclude<KvConfig, { kind: "file" }>): string {
  return config.kind === "deploy"
    ? "Attach a Deno KV database to this app."
    : "Check that the denokv server runs at the address in BELLWIRE_KV, and that " +
      "DENO_KV_ACCESS_TOKEN is the token it was started with.";
}
