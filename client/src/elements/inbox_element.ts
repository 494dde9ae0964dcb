import type { Notification } from "../notification.ts";
import type { Bell, Connection } from "../types.ts";
import { Announcer } from "./announcer.ts";
import { BellwireElement } from "./bellwire_element.ts";
import { h } from "./dom.ts";
import { InboxFrame } from "./inbox_frame.ts";
import { type Filter, FILTERS } from "./filters.ts";
import { ItemList } from "./item_list.ts";
import type { RowCommand, Voice } from "./item_row.ts";
import { SeenWatch } from "./seen_watch.ts";
import { Times } from "./times.ts";

/** So many rows are drawn at once; more when the end comes into sight. */
const STEP = 30;
/** As far before its end is more of the list made ready. */
const AHEAD = "400px";
const TIMES_MS = 30_000;
/** A connection that is back sooner is no news. */
const PATIENCE_MS = 3_000;
const SCROLLED_PX = 60;

/**
 * `<bellwire-inbox>`: the list of a user's notifications.
 *
 * Attributes: `server`, `token-url` and `user` as on {@link BellwireElement}, `filter` (`all`, `unread`,
 * `archived`), `theme` (`light`, `dark`). Property: `bell`. Events: `bellwire-open`, `bellwire-action`.
 */
export class BellwireInbox extends BellwireElement {
  static override readonly observedAttributes = [...BellwireElement.observedAttributes, "filter"];

  #frame: InboxFrame | undefined;
  #list: ItemList | undefined;
  #seen: SeenWatch | undefined;
  #end: IntersectionObserver | undefined;
  #announcer: Announcer | undefined;
  #voice: Voice | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #filter: Filter = "all";
  #drawn = STEP;
  #loading = false;
  #loadFailed = false;
  #failed = false;
  #waited = false;
  /** What came while the newest were out of sight. */
  #above = 0;

  /** Which notifications it shows; also the attribute of the same name. */
  get filter(): Filter {
    return this.#filter;
  }

  set filter(filter: Filter) {
    this.setAttribute("filter", filter);
  }

  override connectedCallback(): void {
    this.#build();
    const { end } = this.#frame ?? {};
    this.#seen = new SeenWatch(
      (elements) => this.#markSeen(elements),
      () => Math.min(innerHeight, this.#frame?.scroller.clientHeight ?? 0),
    );
    this.#end = new IntersectionObserver(
      (entries) => entries.at(-1)?.isIntersecting && this.#more(),
      { root: this.#frame?.scroller ?? null, rootMargin: AHEAD },
    );
    if (end) this.#end.observe(end);
    this.#timer = setInterval(() => this.#tellTimes(), TIMES_MS);
    this.#readFilter();
    super.connectedCallback();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#list?.clear();
    this.#seen?.stop();
    this.#end?.disconnect();
    clearInterval(this.#timer);
  }

  override attributeChangedCallback(
    name: string,
    before: string | null,
    after: string | null,
  ): void {
    if (name === "filter") this.#readFilter();
    super.attributeChangedCallback(name, before, after);
  }

  protected override follow(bell: Bell | undefined): () => void {
    this.#list?.clear();
    this.#drawn = STEP;
    this.#above = 0;
    this.#loadFailed = this.#failed = this.#waited = false;
    const unannounce = bell && this.#announcer?.follow(bell);
    const stop = bell?.on("notification", (item, { live }) => {
      if (live && FILTERS[this.#filter](item) && this.#isScrolled) this.#above++;
    });
    return () => {
      unannounce?.();
      stop?.();
      clearTimeout(this.#patience);
      this.#patience = undefined;
    };
  }

  protected override retell(): void {
    this.#voice = undefined;
    this.#list?.renew();
  }

  protected override render(): void {
    const frame = this.#frame;
    if (!frame || !this.#list) return;
    const snapshot = this.bell?.getSnapshot();
    const all = snapshot?.items.filter(FILTERS[this.#filter]) ?? [];
    const hasMore = snapshot?.hasMore ?? false;
    const state = snapshot?.connection.state ?? "connecting";
    const isWaiting = all.length === 0 &&
      (state === "connecting" || (hasMore && !this.#loadFailed && state === "live"));
    frame.tell(this.texts, {
      filter: this.#filter,
      unread: snapshot?.counts.unread ?? 0,
      notice: this.#notice(snapshot?.connection),
      canRetry: state === "closed" || (state === "reconnecting" && this.#waited),
      above: this.#isScrolled ? this.#above : 0,
      body: all.length > 0 ? "items" : isWaiting ? "bones" : "empty",
      more: this.#loadFailed ? "failed" : this.#loading && all.length > 0 ? "loading" : undefined,
    });
    this.#voice ??= { texts: this.texts, times: new Times(this.language, this.texts.justNow) };
    const kept = this.#list.show(all.slice(0, this.#drawn), this.#voice);
    if (!kept) frame.heading.focus();
    // The end may have stayed in sight, of which an observer says nothing.
    if (this.#end && (all.length > this.#drawn || (hasMore && !this.#loading))) {
      this.#end.unobserve(frame.end);
      this.#end.observe(frame.end);
    }
  }

  get #isScrolled(): boolean {
    return (this.#frame?.scroller.scrollTop ?? 0) > SCROLLED_PX;
  }

  #build(): void {
    if (this.#frame) return;
    const root = this.attachShadow({ mode: "open" });
    const frame = this.#frame = new InboxFrame(root, {
      filter: (filter) => this.filter = filter,
      readAll: () => this.#try(this.bell?.markAll("read")),
      retry: () => this.bell?.retry(),
      loadAgain: () => {
        this.#loadFailed = false;
        this.#more();
      },
      scrolled: () => {
        if (this.#above === 0 || this.#isScrolled) return;
        this.#above = 0;
        this.refresh();
      },
    });
    const speech = h("p", { class: "unheard", role: "status" });
    root.append(speech);
    this.#announcer = new Announcer(speech, () => this.texts);
    const list = this.#list = new ItemList(frame.list, {
      added: (row) => {
        if (!row.item.seen) this.#seen?.watch(row.element);
      },
      removed: (row) => this.#seen?.unwatch(row.element),
    });
    frame.list.addEventListener("click", (event) => this.#click(event));
    frame.list.addEventListener("keydown", (event) => {
      const item = list.rowOf(event.target)?.item;
      if (!item || event.key !== "Delete") return;
      event.preventDefault();
      this.#try(this.bell?.mark(item.archived ? "delete" : "archive", item));
    });
  }

  #click(event: MouseEvent): void {
    const button = (event.target as Element).closest<HTMLElement>("[data-do]");
    const item = this.#list?.rowOf(button)?.item;
    if (!button || !item) return;
    const command = button.dataset["do"] as RowCommand;
    if (command !== "open" && command !== "action") {
      return this.#try(this.bell?.mark(command, item));
    }
    const goesOn = command === "open"
      ? this.tell("bellwire-open", { notification: item })
      : this.tell("bellwire-action", {
        notification: item,
        action: button.dataset["action"] ?? "",
      });
    if (!goesOn) event.preventDefault();
    if (!item.read) this.#try(this.bell?.mark("read", item));
  }

  #markSeen(elements: readonly Element[]): void {
    const items = elements.map((element) => this.#list?.rowOf(element)?.item)
      .filter((item): item is Notification => item !== undefined && !item.seen);
    // Whoever looks again sees it again: that this failed is of no use to anybody.
    if (items.length > 0) this.bell?.mark("seen", items).catch(() => {});
  }

  /** What was asked for shows at once; where it is refused it is taken back, and that is said. */
  #try(marked: Promise<void> | undefined): void {
    this.#failed = false;
    marked?.catch(({ code }) => {
      if (code === "closed") return;
      this.#failed = true;
      this.refresh();
    });
  }

  #readFilter(): void {
    const wanted = this.getAttribute("filter") ?? "";
    this.#filter = Object.hasOwn(FILTERS, wanted) ? wanted as Filter : "all";
    this.#drawn = STEP;
    this.#above = 0;
    this.#frame?.scroller.scrollTo({ top: 0 });
  }

  /** The end of the list is in sight. */
  #more(): void {
    const { bell } = this;
    const snapshot = bell?.getSnapshot();
    if (!bell || !snapshot) return;
    if (snapshot.items.filter(FILTERS[this.#filter]).length > this.#drawn) {
      this.#drawn += STEP;
      return this.refresh();
    }
    if (!snapshot.hasMore || this.#loading || this.#loadFailed) return;
    if (snapshot.connection.state !== "live") return;
    this.#loading = true;
    bell.loadMore().catch(() => this.#loadFailed = bell === this.bell).finally(() => {
      this.#loading = false;
      this.refresh();
    });
    this.refresh();
  }

  #notice(connection: Connection | undefined): string {
    const { texts } = this;
    const state = connection?.state;
    if (state !== "reconnecting") {
      clearTimeout(this.#patience);
      this.#patience = undefined;
      this.#waited = false;
    }
    if (state === "closed") return texts.closed;
    if (state === "offline") return texts.offline;
    if (state === "reconnecting") {
      this.#patience ??= setTimeout(() => {
        this.#waited = true;
        this.refresh();
      }, PATIENCE_MS);
      if (this.#waited) return texts.reconnecting;
    }
    return this.#failed ? texts.failed : "";
  }

  #tellTimes(): void {
    const now = Date.now();
    for (const row of this.#list?.rows ?? []) row.tell(now);
  }
}
