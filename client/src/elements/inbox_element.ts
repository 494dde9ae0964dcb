import type { MarkOp, Notification } from "../notification.ts";
import type { Bell } from "../types.ts";
import { Announcer } from "./announcer.ts";
import { BellwireElement } from "./bellwire_element.ts";
import { h } from "./dom.ts";
import { InboxFrame } from "./inbox_frame.ts";
import { lacks, type Memory, statusOf } from "./inbox_status.ts";
import { type Filter, FILTERS, ItemList } from "./item_list.ts";
import type { Voice } from "./item_row.ts";
import { followClicks } from "./row_clicks.ts";
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
  #memory = newMemory();

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
    const memory = this.#memory = newMemory();
    const unannounce = bell && this.#announcer?.follow(bell);
    const stop = bell?.on("notification", (item, { live }) => {
      if (live && FILTERS[this.#filter](item) && this.#isScrolled) memory.above++;
    });
    return () => {
      unannounce?.();
      stop?.();
      this.#wait(false);
    };
  }

  protected override retell(): void {
    this.#voice = undefined;
    this.#list?.renew();
  }

  protected override render(): void {
    const frame = this.#frame;
    if (!frame || !this.#list) return;
    const memory = this.#memory;
    const filter = this.#filter;
    const snapshot = this.bell?.getSnapshot();
    const all = snapshot?.items.filter(FILTERS[filter]) ?? [];
    const { state, skewMs } = snapshot?.connection ?? {};
    if (skewMs !== memory.skewMs) this.#tellTimes();
    memory.skewMs = skewMs;
    this.#wait(state === "reconnecting");
    // When the connection is back it is tried again by itself.
    if (state !== "live") memory.loadFailed = false;
    this.#voice ??= {
      texts: this.texts,
      times: new Times(this.language, this.texts.justNow),
      // The device's clock may be wrong.
      now: () => Date.now() + (this.bell?.getSnapshot().connection.skewMs ?? 0),
    };
    const kept = this.#list.show(all.slice(0, memory.drawn), this.#voice);
    frame.tell(
      this.texts,
      statusOf({
        snapshot,
        filter,
        shown: all.length,
        memory,
        isScrolled: this.#isScrolled,
        texts: this.texts,
      }),
    );
    if (!kept) frame.heading.focus();
    // The end may have stayed in sight, of which an observer says nothing.
    const isShort = snapshot && lacks(snapshot, filter, all.length) && !memory.loading;
    if (this.#end && (all.length > memory.drawn || isShort)) {
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
      readAll: () => this.#try(this.#memory, this.bell?.markAll("read")),
      retry: () => this.#retry(),
      loadAgain: () => this.#loadAgain(),
      scrolled: () => {
        if (this.#memory.above === 0 || this.#isScrolled) return;
        this.#memory.above = 0;
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
    followClicks(frame.list, {
      rowOf: (target) => list.rowOf(target),
      marker: () => this.#marker(),
      tell: (name, detail) => this.tell(name, detail),
    });
    frame.list.addEventListener("keydown", (event) => {
      const item = list.rowOf(event.target)?.item;
      if (!item || event.key !== "Delete") return;
      event.preventDefault();
      this.#marker()(item.archived ? "delete" : "archive", item);
    });
  }

  /** Marks on the bell of now, also where there is another one, or none, by the time it is called. */
  #marker(): (op: MarkOp, item: Notification) => void {
    const { bell } = this;
    const memory = this.#memory;
    return (op, item) => this.#try(memory, bell?.mark(op, item));
  }

  #markSeen(elements: readonly Element[]): void {
    const items = elements.map((element) => this.#list?.rowOf(element)?.item)
      .filter((item): item is Notification => item !== undefined && !item.seen);
    // Whoever looks again sees it again: that this failed is of no use to anybody.
    if (items.length > 0) this.bell?.mark("seen", items).catch(() => {});
  }

  /** What was asked for shows at once; where it is refused it is taken back, and that is said. */
  #try(memory: Memory, marked: Promise<void> | undefined): void {
    memory.failed = false;
    marked?.catch(({ code }) => {
      if (code === "closed") return;
      memory.failed = true;
      this.refresh();
    });
  }

  #readFilter(): void {
    const wanted = this.getAttribute("filter") ?? "";
    this.#filter = Object.hasOwn(FILTERS, wanted) ? wanted as Filter : "all";
    this.#memory.drawn = STEP;
    this.#memory.above = 0;
    this.#frame?.scroller.scrollTo({ top: 0 });
  }

  #retry(): void {
    const { bell } = this;
    if (bell?.getSnapshot().connection.state === "live") return this.#loadAgain();
    // What fails again is said again, so that the button is seen to have done something.
    this.#wait(false);
    this.refresh();
    bell?.retry();
  }

  #loadAgain(): void {
    this.#memory.loadFailed = false;
    this.#more();
  }

  /** The end of the list is in sight. */
  #more(): void {
    const { bell } = this;
    const memory = this.#memory;
    const snapshot = bell?.getSnapshot();
    if (!bell || !snapshot) return;
    const shown = snapshot.items.filter(FILTERS[this.#filter]).length;
    if (shown > memory.drawn) {
      memory.drawn += STEP;
      return this.refresh();
    }
    if (!lacks(snapshot, this.#filter, shown) || memory.loading || memory.loadFailed) return;
    if (snapshot.connection.state !== "live") return;
    memory.loading = true;
    bell.loadMore().catch(() => memory.loadFailed = true).finally(() => {
      memory.loading = false;
      this.refresh();
    });
    this.refresh();
  }

  /** Waits until a connection has been broken for long enough to say so. */
  #wait(isBroken: boolean): void {
    const memory = this.#memory;
    if (!isBroken) {
      clearTimeout(this.#patience);
      this.#patience = undefined;
      memory.waited = false;
      return;
    }
    this.#patience ??= setTimeout(() => {
      memory.waited = true;
      this.refresh();
    }, PATIENCE_MS);
  }

  #tellTimes(): void {
    for (const row of this.#list?.rows ?? []) row.tell();
  }
}

/** Of a bell that has just been given. */
function newMemory(): Memory {
  return {
    drawn: STEP,
    above: 0,
    loading: false,
    loadFailed: false,
    failed: false,
    waited: false,
    skewMs: undefined,
  };
}
