import { Alarm, inTime } from "./clock.ts";
import type { Environment } from "./environment.ts";
import { BellwireError } from "./errors.ts";
import { MissingEvent, type Operation, reduce, type RequestError } from "./reduce.ts";
import { EMPTY, isRequest, isState, type Request, type State, toKeep } from "./state.ts";
import { LeaderElection } from "./leader_election.ts";
import type { Connection } from "./types.ts";

export interface SharedStateOptions extends Environment {
  /** Of the lock, the channel and what is stored: names the service and the user. */
  readonly name: string;
  /** This tab leads: it connects, and carries operations out first. */
  readonly lead: () => void;
  readonly follow: () => void;
  /** An operation was carried out here; undefined where all was taken over from another tab. */
  readonly applied: (operation?: Operation) => void;
  readonly connectionChanged: (connection: Connection) => void;
  /** Another tab has carried out an operation. */
  readonly heard: (operation: Operation) => void;
  /** Somebody posted something that is not about the state: another tab, or this one to the leader. */
  readonly receive: (message: TabMessage) => void;
}

/** What tabs post to each other. */
export type TabMessage =
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
  /** The same about the connection, which is not part of the operations. */
  | { readonly post: "connection"; readonly term: string; readonly connection: Connection }
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
  | { readonly post: "focus" };

interface Own {
  readonly request: Request;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The disk answers within this time, or is taken for empty: some browsers' never does. */
const DISK_MS = 1_000;
/** What is stored may be so old when the browser ends without a word. */
const SAVE_MS = 250;

/**
 * What this tab knows of a user. All tabs carry out the leader's operations in the leader's order; one
 * that misses something takes over all that the leader knows.
 */
export class SharedState {
  state: State = EMPTY;
  connection: Connection = { state: "connecting" };
  readonly tabs: LeaderElection;
  readonly #options: SharedStateOptions;
  /** Whose operations these are, and how many they were. */
  #term = "";
  #n = 0;
  /** What was asked for in this tab and has not been answered. */
  readonly #own = new Map<string, Own>();
  readonly #loaded: Promise<unknown>;
  readonly #saving: Alarm;
  #closed = false;

  constructor(options: SharedStateOptions) {
    this.#options = options;
    this.#saving = new Alarm(options.clock);
    this.tabs = new LeaderElection({
      ...options,
      lead: () => void this.#lead(),
      follow: () => {
        options.follow();
        // Another one knows better by now.
        this.post({ post: "sync" });
      },
      receive: (post: TabMessage) => this.#receive(post),
    });
    this.#loaded = inTime(options.clock, DISK_MS, this.#load()).catch(() => {});
  }

  start(): void {
    // A listener may have closed the bell by now.
    if (this.#closed) return;
    this.tabs.start();
    if (this.tabs.leads) return;
    this.post({ post: "sync" });
    // Whoever opens a page, or comes back to one, may have signed in again.
    this.post({ post: "retry" });
  }

  /** Requests of this tab that the state may not know of yet. */
  get own(): readonly Request[] {
    return [...this.#own.values()].map(({ request }) => request);
  }

  /** Carries out an operation; the leader's part. @throws {MissingEvent} */
  dispatch(operation: Operation): void {
    this.#apply(operation);
    this.#saveSoon();
  }

  /** Takes over another state, and has all tabs do so; the leader's part. */
  replace(state: State): void {
    this.state = state;
    this.#n++;
    this.#options.applied();
    this.#announce();
    this.#saveSoon();
  }

  /** The leader's part as well. */
  setConnection(connection: Connection): void {
    this.post({ post: "connection", term: this.#term, connection });
    this.#connectionIs(connection);
  }

  /** Has a request sent; resolves when it was carried out. Rejects with a {@link BellwireError}. */
  ask(request: Request): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed());
      this.#own.set(request.id, { request, resolve, reject });
      this.toLeader({ post: "ask", request });
      // The optimistic view has changed, even where the leader is another tab.
      if (!this.tabs.leads) this.#options.applied();
    });
  }

  /** Tells the other tabs. */
  post(post: TabMessage): void {
    if (!this.#closed) this.tabs.post(post);
  }

  /** Tells the tab that leads, which may be this one. */
  toLeader(post: TabMessage): void {
    if (this.tabs.leads) this.#receive(post);
    else this.post(post);
  }

  /** Stores what there is at once. */
  save(): void {
    if (!this.tabs.leads || this.#closed || !this.#term) return;
    const { storage, name } = this.#options;
    void storage.save(name, toKeep(this.state));
  }

  /** @param keep what there is on disk */
  close(keep: boolean): void {
    if (keep) this.save();
    else this.state = EMPTY;
    this.#closed = true;
    this.#saving.clear();
    this.tabs.close();
    for (const { reject } of this.#own.values()) reject(closed());
    this.#own.clear();
  }

  async #load(): Promise<void> {
    const { storage, name, applied } = this.#options;
    const stored = await storage.load(name);
    if (this.#closed || !isState(stored)) return;
    if (this.#term) {
      // It comes late, and all else is known already.
      for (const request of stored.queue) this.toLeader({ post: "ask", request });
      if (stored.system) this.toLeader({ post: "system", wanted: true });
      return;
    }
    this.state = stored;
    applied();
  }

  async #lead(): Promise<void> {
    await this.#loaded;
    if (this.#closed || !this.tabs.leads) return;
    this.#term = this.#options.newId();
    this.#n = 0;
    this.#announce();
    for (const request of this.own) this.toLeader({ post: "ask", request });
    this.#options.lead();
  }

  #receive(post: TabMessage): void {
    if (this.#closed) return;
    switch (post.post) {
      case "did":
        return this.#follow(post);
      case "state":
        return this.#takeOver(post);
      case "connection":
        // One that has stood still may not know yet that it leads no more.
        if (post.term === this.#term && !this.tabs.leads && post.connection.state) {
          this.#connectionIs(post.connection);
        }
        return;
      case "sync":
        return void this.tabs.confirm().then(() => this.#announce());
      case "ask":
        // Before the term has begun there is nothing to add it to; then it is handed over again.
        if (
          this.tabs.leads && this.#term && isRequest(post.request) && !this.#isQueued(post.request)
        ) {
          this.dispatch({ do: "ask", request: post.request });
        }
        return;
      default:
        return this.#options.receive(post);
    }
  }

  #follow({ term, n, operation }: Extract<TabMessage, { post: "did" }>): void {
    this.#options.heard(operation);
    // One that has just lost the lead may not know it yet.
    if (this.tabs.leads) return;
    if (term === this.#term && n <= this.#n) return;
    try {
      if (term !== this.#term || n > this.#n + 1) throw new MissingEvent();
      this.#apply(operation);
    } catch {
      // It does not fit to what is known here, and so that is not what the leader knows.
      this.post({ post: "sync" });
    }
  }

  #takeOver({ term, n, state, connection }: Extract<TabMessage, { post: "state" }>): void {
    if (this.tabs.leads || term === this.#term && n <= this.#n) return;
    if (!isState(state) || !connection.state) return;
    this.#term = term;
    this.#n = n;
    this.state = state;
    this.#options.applied();
    this.#connectionIs(connection);
    for (const request of this.own) {
      if (!this.#isQueued(request)) this.toLeader({ post: "ask", request });
    }
  }

  #isQueued({ id }: Request): boolean {
    return this.state.queue.some((queued) => queued.id === id);
  }

  #connectionIs(connection: Connection): void {
    this.connection = connection;
    this.#options.connectionChanged(connection);
  }

  #apply(operation: Operation): void {
    const state = reduce(this.state, operation);
    // From outside comes whatever comes; what is known here stays as it is.
    if (!isState(state)) throw new MissingEvent();
    this.state = state;
    const n = ++this.#n;
    // Before anybody acts on it, so that what comes of that is the next one for all.
    if (this.tabs.leads) this.post({ post: "did", term: this.#term, n, operation });
    if (operation.do === "answered") this.#settle(operation.id, operation.error);
    this.#options.applied(operation);
  }

  #settle(id: string, error: RequestError | undefined): void {
    const own = this.#own.get(id);
    this.#own.delete(id);
    if (error) own?.reject(new BellwireError(error.code, error.message));
    else own?.resolve();
  }

  #announce(): void {
    if (!this.tabs.leads || !this.#term) return;
    const { state, connection } = this;
    this.post({ post: "state", term: this.#term, n: this.#n, state, connection });
  }

  #saveSoon(): void {
    this.#saving.set(SAVE_MS, () => this.save());
  }
}

/** What is under way ends with it. */
export function closed(): BellwireError {
  return new BellwireError("closed", "It was closed");
}
