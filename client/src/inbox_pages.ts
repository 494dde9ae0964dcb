import type { BellwireError } from "./errors.ts";
import type { Environment } from "./environment.ts";
import type { ChangeMessage, StreamMessage } from "../../protocol/messages.ts";
import type { change } from "./reduce.ts";
import type { SharedState, TabMessage } from "./shared_state.ts";
import type { State, Stream } from "./state.ts";
import type { Notification } from "./notification.ts";
import type { ListQuery, Page } from "./types.ts";

const PAGE = 100;
/** Another tab takes no longer, unless it is gone. */
const ELSEWHERE_MS = 40_000;

export interface InboxPagesOptions {
  readonly environment: Environment;
  readonly list: (query: ListQuery) => Promise<Page>;
  /** Whether there may be more after what is loaded. */
  readonly hasMore: () => boolean;
  readonly change: typeof change;
  /** The core's own, so that whoever catches one knows it. */
  readonly Failure: typeof BellwireError;
}

/** Loads older items into a state while that goes on changing. */
export class InboxPages {
  readonly #options: InboxPagesOptions;
  /** What came since a page was asked for; undefined where none is. */
  #since: ChangeMessage[] | undefined;
  /** A stream began anew meanwhile, so that numbers may mean something else. */
  #stale = false;
  #loading: Promise<void> | undefined;
  /** What this tab has asked the leader for. */
  readonly #asked = new Map<string, (answer: Extract<TabMessage, { post: "loaded" }>) => void>();

  constructor(options: InboxPagesOptions) {
    this.#options = options;
  }

  /** Hears of all that comes. */
  follow(messages: readonly StreamMessage[]): void {
    for (const message of messages) {
      if (message.type === "reset") this.#stale = true;
      if (message.type === "change") this.#since?.push(message);
    }
  }

  /**
   * Loads until something new has come, or nothing is left; the leader's part.
   *
   * @returns whether there may be more. Rejects with a {@link BellwireError}
   */
  async load(replica: SharedState): Promise<boolean> {
    await (this.#loading ??= this.#load(replica).finally(() => {
      this.#loading = this.#since = undefined;
    }));
    return this.#options.hasMore();
  }

  async #load(replica: SharedState): Promise<void> {
    const before = count(replica.state);
    while (replica.state.next !== null && count(replica.state) <= before) {
      const cursor = replica.state.next;
      this.#since = [];
      this.#stale = false;
      const page = await this.#options.list({
        status: "all",
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const since = this.#since;
      this.#since = undefined;
      if (!replica.tabs.leads) return;
      if (this.#stale) continue;
      replica.replace(withPage(replica.state, page, since, this.#options.change));
    }
  }

  /** Has the leader load, and gives what that gave. */
  elsewhere(post: (post: TabMessage) => void): Promise<boolean> {
    const { environment: { clock, newId }, Failure } = this.#options;
    const id = newId();
    return new Promise<boolean>((resolve, reject) => {
      const late = clock.after(ELSEWHERE_MS, () => {
        this.#asked.delete(id);
        reject(new Failure("unreachable", "Another tab does not answer"));
      });
      this.#asked.set(id, ({ more = false, error }) => {
        late.cancel();
        if (error === undefined) resolve(more);
        else reject(new Failure(error.code, error.message));
      });
      post({ post: "more", id });
    });
  }

  /** Loads for another tab, and answers it. */
  async answer(replica: SharedState, id: string): Promise<void> {
    const answer = await this.load(replica).then(
      (more) => ({ more }),
      ({ code = "internal", message }) => ({ error: { code, message } }),
    );
    replica.post({ post: "loaded", id, ...answer });
  }

  /** Another tab has answered. */
  loaded(answer: Extract<TabMessage, { post: "loaded" }>): void {
    this.#asked.get(answer.id)?.(answer);
    this.#asked.delete(answer.id);
  }
}

function count({ streams }: State): number {
  return Object.values(streams).reduce((sum, { items }) => sum + items.length, 0);
}

/**
 * A state with a page of older items.
 *
 * @param since changes that came since the page was asked for
 */
function withPage(
  state: State,
  { items, next }: Page,
  since: readonly ChangeMessage[],
  apply: typeof change,
): State {
  const older: Record<string, Stream> = {};
  for (const item of items) {
    const stream = state.streams[item.stream];
    // What is newer than the cursor comes as an event.
    if (!stream || item.seq > stream.seq) continue;
    const found = older[item.stream]?.items ?? [];
    older[item.stream] = { ...stream, items: [...found, item] };
  }
  for (const message of since) apply(older, message);
  const streams = { ...state.streams };
  for (const [name, { items }] of Object.entries(older)) {
    const stream = streams[name];
    if (!stream) continue;
    const have = new Set(stream.items.map(({ seq }) => seq));
    const all: Notification[] = [...stream.items, ...items.filter(({ seq }) => !have.has(seq))];
    streams[name] = { ...stream, items: all.sort((a, b) => a.seq - b.seq) };
  }
  return { ...state, streams, next };
}
