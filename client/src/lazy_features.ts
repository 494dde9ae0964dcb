import type { Environment } from "./environment.ts";
import type { BellwireError } from "./errors.ts";
import { listInbox } from "./http.ts";
import { InboxPages } from "./inbox_pages.ts";
import type { StreamMessage } from "../../protocol/messages.ts";
import type { Notification } from "./notification.ts";
import type { change } from "./reduce.ts";
import type { hasMore } from "./state.ts";
import type { Tokens } from "./tokens.ts";
import type { SharedState, TabMessage } from "./shared_state.ts";
import { SystemNotifications } from "./system_notifications.ts";
import type { Bell, ListQuery, Page, Snapshot } from "./types.ts";

/** The core's own of what both need. */
export interface ExtrasOptions {
  readonly environment: Environment;
  /** Without a slash at its end. */
  readonly server: string;
  readonly tokens: Tokens;
  /** Whether a token is one of the bell's user. */
  readonly accept: (token: string) => boolean;
  /** @throws {BellwireError} where the bell was closed */
  readonly replica: () => SharedState;
  readonly mark: Bell["mark"];
  readonly hasMore: typeof hasMore;
  readonly change: typeof change;
  /** So that whoever catches one knows it. */
  readonly Failure: typeof BellwireError;
}

/** What a bell does that few pages need, or none before somebody clicks. */
export class Extras {
  readonly #options: ExtrasOptions;
  readonly #pages: InboxPages;
  readonly #system: SystemNotifications;

  constructor(options: ExtrasOptions) {
    const { environment, replica, hasMore, change, Failure, mark } = options;
    this.#options = options;
    this.#pages = new InboxPages({
      environment,
      hasMore: () => hasMore(replica().state),
      change,
      Failure,
      list: (query) => this.list(query),
    });
    this.#system = new SystemNotifications({
      environment,
      post: (post) => replica().post(post),
      clicked: (id) => void mark("read", id).catch(() => {}),
    });
  }

  /** A page of the inbox. Rejects with a {@link BellwireError}. */
  list(query: ListQuery): Promise<Page> {
    const { environment: { fetch }, server, Failure } = this.#options;
    return listInbox(query, (anew) => this.#token(anew), { server, fetch, Failure });
  }

  /** Loads older items into the state, here or in the tab that leads. */
  async loadMore(): Promise<boolean> {
    const replica = this.#options.replica();
    return await (replica.tabs.leads
      ? this.#pages.load(replica)
      : this.#pages.elsewhere((post) => replica.post(post)));
  }

  /** Shows a system notification, unless a window of the app has the focus. */
  async show(item: Notification): Promise<void> {
    await this.#system.show(item);
  }

  /** The snapshot has changed. */
  look(snapshot: Snapshot): void {
    this.#system.look(snapshot);
  }

  /** Hears of all that comes. */
  follow(messages: readonly StreamMessage[]): void {
    this.#pages.follow(messages);
  }

  /** Another tab has posted something that may be about this. */
  receive(post: TabMessage): void {
    if (post.post === "focus") this.#system.focusElsewhere();
    if (post.post === "loaded") this.#pages.loaded(post);
    if (post.post === "more") void this.#pages.answer(this.#options.replica(), post.id);
  }

  /** @param anew the last one has expired */
  async #token(anew: boolean): Promise<string> {
    const { tokens, accept, Failure } = this.#options;
    if (anew) tokens.drop();
    const token = await tokens.get();
    if (!accept(token)) throw new Failure("closed", "It was closed");
    return token;
  }
}
