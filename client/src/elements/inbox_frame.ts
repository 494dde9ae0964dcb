import { h, icon, type IconName, setText } from "./dom.ts";
import type { Filter } from "./filters.ts";
import { INBOX_STYLES } from "./inbox_styles.ts";
import type { Texts } from "./texts.ts";
import { adoptStyles } from "./theme.ts";

/** What somebody can ask of an inbox, besides its rows. */
export interface InboxCommands {
  readonly filter: (filter: Filter) => void;
  readonly readAll: () => void;
  readonly retry: () => void;
  readonly loadAgain: () => void;
  readonly scrolled: () => void;
}

/** How an inbox stands, besides its rows. */
export interface InboxStatus {
  readonly filter: Filter;
  readonly unread: number;
  /** Empty where nothing is wrong. */
  readonly notice: string;
  readonly canRetry: boolean;
  /** How many came out of sight. */
  readonly above: number;
  readonly body: "items" | "bones" | "empty";
  readonly more: "loading" | "failed" | undefined;
}

const EMPTY_ICONS: Readonly<Record<Filter, IconName>> = {
  all: "bell",
  unread: "check",
  archived: "archive",
};

/** Everything of an inbox but its rows. */
export class InboxFrame {
  readonly heading = h("h2", { part: "heading", tabindex: -1 });
  readonly list = h("ol", { part: "list", role: "list" });
  readonly end = h("div", { class: "more", part: "more" });
  readonly scroller: HTMLElement;
  readonly #readAll = h("button", { class: "all-read", part: "mark-all", type: "button" });
  readonly #readAllText = h("span");
  readonly #legend = h("legend", { class: "unheard" });
  readonly #labels = new Map<Filter, HTMLElement>();
  readonly #radios = new Map<Filter, HTMLInputElement>();
  readonly #count = h("span", { class: "count", "aria-hidden": "true" });
  readonly #notice = h("p");
  readonly #noticeBar: HTMLElement;
  readonly #retry = h("button", { type: "button" });
  readonly #new = h("button", { class: "new", part: "new", type: "button" });
  readonly #newText = h("span");
  readonly #bones: HTMLElement;
  readonly #empty = h("div", { class: "empty", part: "empty" });
  readonly #emptyArt = h("span", { class: "empty-art" });
  readonly #emptyTitle = h("strong");
  readonly #emptyMore = h("span");
  readonly #loadAgain = h("button", { type: "button" });
  #told: Texts | undefined;

  constructor(root: ShadowRoot, commands: InboxCommands) {
    adoptStyles(root, INBOX_STYLES);
    this.#readAll.append(icon("check"), this.#readAllText);
    this.#new.append("↑ ", this.#newText);
    this.#empty.append(this.#emptyArt, this.#emptyTitle, this.#emptyMore);
    const bone = () => h("div", { class: "bone" }, h("i"), h("i"), h("i"));
    this.#bones = h("div", { class: "bones", "aria-hidden": "true" }, bone(), bone(), bone());
    this.#noticeBar = h(
      "div",
      { class: "notice", part: "notice", role: "status" },
      this.#notice,
      this.#retry,
    );
    this.scroller = h(
      "div",
      { class: "scroller", part: "scroller" },
      this.list,
      this.#bones,
      h("slot", { name: "empty" }, this.#empty),
      this.end,
    );
    root.append(h(
      "div",
      { class: "inbox", part: "inbox" },
      h(
        "div",
        { class: "head", part: "head" },
        this.heading,
        this.#readAll,
        this.#filters(commands),
      ),
      this.#noticeBar,
      h("div", { class: "list" }, this.#new, this.scroller),
    ));
    this.#readAll.onclick = commands.readAll;
    this.#retry.onclick = commands.retry;
    this.#loadAgain.onclick = commands.loadAgain;
    this.#new.onclick = () => this.scroller.scrollTo({ top: 0, behavior: "smooth" });
    this.scroller.addEventListener("scroll", commands.scrolled, { passive: true });
  }

  /** Shows a status, in the words of a language. */
  tell(texts: Texts, status: InboxStatus): void {
    if (texts !== this.#told) this.#translate(texts);
    const { filter, unread, notice, above, body, more } = status;
    this.#readAll.disabled = unread === 0;
    const radio = this.#radios.get(filter);
    if (radio) radio.checked = true;
    setText(this.#count, unread > 99 ? "99+" : String(unread));
    this.#count.hidden = unread === 0;
    this.#noticeBar.hidden = notice === "";
    setText(this.#notice, notice);
    this.#retry.hidden = !status.canRetry;
    this.#new.hidden = above === 0;
    setText(this.#newText, texts.newOnes(above));
    this.list.hidden = body !== "items";
    this.scroller.ariaBusy = String(body === "bones" || more === "loading");
    this.#bones.hidden = body !== "bones";
    (this.#empty.parentElement as HTMLElement).hidden = body !== "empty";
    this.#tellEmpty(texts, filter);
    this.#tellMore(texts, more);
  }

  #filters({ filter }: InboxCommands): HTMLElement {
    const choices = (["all", "unread", "archived"] as const).map((name) => {
      const radio = h("input", { type: "radio", name: "filter" });
      const label = h("span");
      radio.onchange = () => filter(name);
      this.#radios.set(name, radio);
      this.#labels.set(name, label);
      return h(
        "label",
        { part: "filter" },
        radio,
        label,
        ...name === "unread" ? [this.#count] : [],
      );
    });
    return h("fieldset", { part: "filters" }, this.#legend, ...choices);
  }

  #translate(texts: Texts): void {
    this.#told = texts;
    setText(this.heading, texts.notifications);
    setText(this.#readAllText, texts.markAllRead);
    setText(this.#legend, texts.filter);
    for (const [name, label] of this.#labels) setText(label, texts[name]);
    setText(this.#retry, texts.tryAgain);
    setText(this.#loadAgain, texts.tryAgain);
    this.list.ariaLabel = texts.notifications;
  }

  #tellEmpty(texts: Texts, filter: Filter): void {
    const [title, more] = {
      all: [texts.emptyAll, texts.emptyAllMore] as const,
      unread: [texts.emptyUnread, texts.emptyUnreadMore] as const,
      archived: [texts.emptyArchived, texts.emptyArchivedMore] as const,
    }[filter];
    if (this.#emptyTitle.textContent === title) return;
    this.#emptyArt.replaceChildren(icon(EMPTY_ICONS[filter]));
    setText(this.#emptyTitle, title);
    setText(this.#emptyMore, more);
  }

  #tellMore(texts: Texts, more: InboxStatus["more"]): void {
    const text = more === "failed" ? texts.loadFailed : more === "loading" ? texts.loading : "";
    if (this.end.firstElementChild?.textContent === text) return;
    if (!more) return this.end.replaceChildren();
    this.end.replaceChildren(
      h("span", {}, text),
      ...more === "failed" ? [this.#loadAgain] : [],
    );
  }
}
