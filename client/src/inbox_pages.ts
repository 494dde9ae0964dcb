import type { Environment } from "./environment.ts";
import type { BellwireError } from "./errors.ts";
import type { ChangeMessage, StreamMessage } from "./messages.ts";
import type { PageItem } from "./reduce.ts";
import type { Post, Replica } from "./replica.ts";
import type { ListQuery, Page } from "./types.ts";

const PAGE = 100;
/** Another tab takes no longer, unless it is gone. */
const ELSEWHERE_MS = 40_000;

/** Loads older items into a state while that goes on changing. */
export class InboxPages {
  readonly #list: (query: ListQuery) => Promise<Page>;
  readonly #Failure: typeof BellwireError;
  /** What came since a page was asked for; undefined where none is. */
  #since: ChangeMessage[] | undefined;
  /** A stream began anew meanwhile, so that numbers may mean something else. */
  #stale = false;
  #loading: Promise<void> | undefined;
  /** What this tab has asked the leader for. */
  readonly #asked = new Map<string, (answer: Extract<Post, { post: "loaded" }>) => void>();

  /** @param Failure the core's own, so that whoever catches one knows it */
  constructor(list: (query: ListQuery) => Promise<Page>, Failure: typeof BellwireError) {
    this.#list = list;
    this.#Failure = Failure;
  }

  /** Hears of all that comes. */
  follow(messages: readonly StreamMessage[]): void {
    for (const message of messages) {
      if (message.type === "reset") this.#stale = true;
      if (message.type === "change") this.#since?.push(message);
    }
  }

  /** Loads until something new has come, or nothing is left. Rejects with a {@link BellwireError}. */
  load(replica: Replica): Promise<void> {
    return this.#loading ??= this.#load(replica).finally(() => this.#loading = undefined);
  }

  async #load(replica: Replica): Promise<void> {
    const before = count(replica);
    while (replica.state.next !== null && count(replica) <= before) {
      const cursor = replica.state.next;
      this.#since = [];
      this.#stale = false;
      const { items, next } = await this.#list({
        status: "all",
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const since = this.#since;
      this.#since = undefined;
      if (!replica.tabs.isLeader) return;
      if (this.#stale) continue;
      replica.dispatch({ do: "page", items: items as unknown as PageItem[], next, since });
    }
  }

  /** Has the leader load. */
  elsewhere({ clock, newId }: Environment, post: (post: Post) => void): Promise<boolean> {
    const id = newId();
    return new Promise<boolean>((resolve, reject) => {
      const late = clock.after(ELSEWHERE_MS, () => {
        this.#asked.delete(id);
        reject(new this.#Failure("unreachable", "Another tab does not answer"));
      });
      this.#asked.set(id, ({ more = false, error }) => {
        late.cancel();
        if (error === undefined) resolve(more);
        else reject(new this.#Failure(error.code, error.message));
      });
      post({ post: "more", id });
    });
  }

  /** Another tab has answered. */
  loaded(answer: Extract<Post, { post: "loaded" }>): void {
    this.#asked.get(answer.id)?.(answer);
    this.#asked.delete(answer.id);
  }
}

function count({ state }: Replica): number {
  return Object.values(state.streams).reduce((sum, { items }) => sum + items.length, 0);
}
