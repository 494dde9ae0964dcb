import { Alarm } from "./clock.ts";
import type { Environment } from "./environment.ts";
import { BellwireError } from "./errors.ts";
import { type Operation, reduce, type RequestError } from "./reduce.ts";
import { EMPTY, type Request, type State, toKeep } from "./state.ts";
import { Tabs } from "./tabs.ts";
import type { Connection } from "./types.ts";

export interface ReplicaOptions {
  readonly environment: Environment;
  /** Of the lock, the channel and what is stored: names the service and the user. */
  readonly name: string;
  /** This tab leads: it connects, and carries operations out first. */
  readonly lead: () => void;
  readonly follow: () => void;
  /** An operation was carried out here; undefined where all was taken over from another tab. */
  readonly applied: (operation: Operation | undefined) => void;
  readonly connectionChanged: (connection: Connection) => void;
  /** A leader that is none any more has carried out an operation. */
  readonly heard: (operation: Operation) => void;
  /** Another tab posted something that is not about the state. */
  readonly receive: (message: Post) => void;
}

/** What tabs post to each other. */
export type Post =
  /** The leader has carried out its `n`th operation of a term. */
  | {
    readonly post: "did";
    readonly term: string;
    readonly n: number;
    readonly operation: Operation;
  }
  /** All that the leader knows, right after its `n`th operation. */
  | {
    readonly post: "state";
    readonly term: string;
    readonly n: number;
    readonly state: State;
    readonly connection: Connection;
  }
  | { readonly post: "connection"; readonly connection: Connection }
  /** Tell me all. */
  | { readonly post: "sync" }
  /** To the leader: send this. */
  | { readonly post: "ask"; readonly request: Request }
  /** To the leader: load older items. */
  | { readonly post: "more"; readonly id: string }
  | {
    readonly post: "loaded";
    readonly id: string;
    readonly more?: boolean;
    readonly error?: RequestError;
  }
  /** To the leader: whether system notifications are wanted. */
  | { readonly post: "system"; readonly wanted: boolean }
  | { readonly post: "retry" }
  /** Does anybody have the focus? */
  | { readonly post: "focus?" }
  | { readonly post: "focus" }
  | { readonly post: "logout" };

interface Own {
  readonly request: Request;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What is stored may be so old when the browser ends without a word. */
const SAVE_MS = 250;

/**
 * What this tab knows of a user. All tabs carry out the leader's operations in the leader's order; one
 * that misses something takes over all that the leader knows.
 */
export class Replica {
  state: State = EMPTY;
  connection: Connection = { state: "connecting" };
  readonly tabs: Tabs;
  readonly #options: ReplicaOptions;
  /** Whose operations these are, and how many they were. */
  #term: string | undefined;
  #n = 0;
  /** What was asked for in this tab and has not been answered. */
  readonly #own = new Map<string, Own>();
  readonly #loaded: Promise<void>;
  readonly #saving: Alarm;
  #closed = false;

  constructor(options: ReplicaOptions) {
    const { environment, name } = options;
    const { clock, neighbourhood, isVisible } = environment;
    this.#options = options;
    this.#saving = new Alarm(clock);
    this.tabs = new Tabs({
      name,
      neighbourhood,
      clock,
      isVisible,
      lead: () => void this.#lead(),
      follow: () => {
        this.#saving.clear();
        if (!this.#closed) options.follow();
      },
      receive: (post: Post) => this.#receive(post),
    });
    this.#loaded = this.#load();
  }

  start(): void {
    this.tabs.start();
    if (!this.tabs.isLeader) this.#post({ post: "sync" });
  }

  /** Requests of this tab that the state may not know of yet. */
  get own(): readonly Request[] {
    return [...this.#own.values()].map(({ request }) => request);
  }

  /** Carries out an operation; the leader's part. @throws {Hole} */
  dispatch(operation: Operation): void {
    this.#apply(operation);
    this.#n++;
    this.#post({ post: "did", term: this.#term ?? "", n: this.#n, operation });
    this.#saveSoon();
  }

  /** The leader's part as well. */
  setConnection(connection: Connection): void {
    this.connection = connection;
    this.#post({ post: "connection", connection });
    this.#options.connectionChanged(connection);
  }

  /** Has a request sent; resolves when it was carried out. Rejects with a {@link BellwireError}. */
  ask(request: Request): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed());
      this.#own.set(request.id, { request, resolve, reject });
      this.#hand(request);
      // The optimistic view has changed, even where the leader is another tab.
      if (!this.tabs.isLeader) this.#options.applied(undefined);
    });
  }

  /** Tells the other tabs. */
  post(post: Post): void {
    this.#post(post);
  }

  /** Stores what there is at once. */
  save(): void {
    if (!this.tabs.isLeader || this.#closed || this.#term === undefined) return;
    this.#saving.clear();
    const { environment, name } = this.#options;
    void environment.storage.save(name, toKeep(this.state));
  }

  /** @param wipe leaves nothing on disk */
  async close({ wipe = false } = {}): Promise<void> {
    if (!this.#closed && !wipe) this.save();
    this.#closed = true;
    this.#saving.clear();
    this.tabs.close();
    for (const { reject } of this.#own.values()) reject(closed());
    this.#own.clear();
    if (!wipe) return;
    this.state = EMPTY;
    const { environment, name } = this.#options;
    await environment.storage.wipe(name);
  }

  async #load(): Promise<void> {
    const { environment, name, applied } = this.#options;
    const stored = await environment.storage.load(name);
    if (stored === undefined || this.#closed || this.#term !== undefined) return;
    this.state = stored;
    applied(undefined);
  }

  async #lead(): Promise<void> {
    await this.#loaded;
    if (this.#closed || !this.tabs.isLeader) return;
    this.#term = this.#options.environment.newId();
    this.#n = 0;
    this.#announce();
    for (const request of this.own) this.#hand(request);
    this.#options.lead();
  }

  #hand(request: Request): void {
    if (!this.tabs.isLeader) return this.#post({ post: "ask", request });
    // Before the term has begun there is nothing to add it to; then it is handed over again.
    if (this.#term === undefined) return;
    const isKnown = this.state.queue.some(({ id }) => id === request.id);
    if (!isKnown) this.dispatch({ do: "ask", request });
  }

  #receive(post: Post): void {
    if (this.#closed) return;
    switch (post.post) {
      case "did":
      case "state":
        return this.#replicate(post);
      case "connection":
        if (this.tabs.isLeader) return;
        this.connection = post.connection;
        return this.#options.connectionChanged(post.connection);
      case "sync":
        return this.#announce();
      case "ask":
        if (this.tabs.isLeader) this.#hand(post.request);
        return;
      default:
        return this.#options.receive(post);
    }
  }

  #replicate(post: Extract<Post, { post: "did" | "state" }>): void {
    if (this.tabs.isLeader) {
      // One that has just lost the lead may not know it yet. What it has told of is not told again.
      if (post.post === "did") this.#options.heard(post.operation);
      return;
    }
    if (post.post === "did") {
      if (post.term !== this.#term || post.n > this.#n + 1) return this.#post({ post: "sync" });
      if (post.n <= this.#n) return;
      try {
        this.#apply(post.operation);
        this.#n = post.n;
      } catch {
        // It does not fit to what is known here, and so that is not what the leader knows.
        this.#post({ post: "sync" });
      }
      return;
    }
    if (post.term === this.#term && post.n <= this.#n) return;
    this.#term = post.term;
    this.#n = post.n;
    this.state = post.state;
    this.connection = post.connection;
    this.#options.applied(undefined);
    this.#options.connectionChanged(post.connection);
    const known = new Set(post.state.queue.map(({ id }) => id));
    for (const request of this.own) if (!known.has(request.id)) this.#hand(request);
  }

  #apply(operation: Operation): void {
    this.state = reduce(this.state, operation);
    if (operation.do === "answered") this.#settle(operation.id, operation.error);
    this.#options.applied(operation);
  }

  #settle(id: string, error: RequestError | undefined): void {
    const own = this.#own.get(id);
    this.#own.delete(id);
    if (error === undefined) own?.resolve();
    else own?.reject(new BellwireError(error.code, error.message));
  }

  #announce(): void {
    if (!this.tabs.isLeader || this.#term === undefined) return;
    const { state, connection } = this;
    this.#post({ post: "state", term: this.#term, n: this.#n, state, connection });
  }

  #post(post: Post): void {
    if (!this.#closed) this.tabs.post(post);
  }

  #saveSoon(): void {
    this.#saving.clear();
    this.#saving.set(SAVE_MS, () => this.save());
  }
}

/** What is under way ends with it. */
export function closed(): BellwireError {
  return new BellwireError("closed", "The bell was closed");
}
