import { h, icon, type IconName, setText } from "./dom.ts";
import type { Filter } from "./item_list.ts";
import type { Body, InboxStatus } from "./inbox_status.ts";
import { INBOX_STYLES } from "./styles.ts";
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
  readonly #root: ShadowRoot;
  readonly #inbox: HTMLElement;
  readonly #readAll = h("button", { class: "all-read", part: "mark-all", type: "button" });
  readonly #readAllText = h("span");
  readonly #legend = h("legend", { class: "unheard" });
  readonly #labels = new Map<Filter, HTMLElement>();
  readonly #radios = new Map<Filter, HTMLInputElement>();
  readonly #count = h("span", { class: "count", dir: "ltr", "aria-hidden": "true" });
  readonly #notice = h("p");
  readonly #retry = h("button", { type: "button" });
  readonly #noticeBar = h("div", { class: "notice", part: "notice" }, this.#notice, this.#retry);
  readonly #new = h("button", { class: "new", part: "new", type: "button" });
  readonly #newText = h("span");
  readonly #bones: HTMLElement;
  readonly #empty = new Placeholder("empty");
  readonly #emptySlot = h("slot", { name: "empty" }, this.#empty.element);
  readonly #tryAgain = h("button", { class: "try", type: "button" });
  readonly #trouble = new Placeholder("trouble", this.#tryAgain);
  readonly #loadAgain = h("button", { type: "button" });
  #told: Texts | undefined;

  constructor(root: ShadowRoot, commands: InboxCommands) {
    this.#root = root;
    adoptStyles(root, INBOX_STYLES);
    this.#readAll.append(icon("check"), this.#readAllText);
    this.#new.append("↑ ", this.#newText);
    const bone = () => h("div", { class: "bone" }, h("i"), h("i"), h("i"));
    this.#bones = h("div", { class: "bones", "aria-hidden": "true" }, bone(), bone(), bone());
    this.scroller = h(
      "div",
      { class: "scroller", part: "scroller" },
      this.list,
      this.#bones,
      this.#emptySlot,
      // Always there, so that screen readers say what comes into it.
      h("div", { role: "status" }, this.#trouble.element),
      this.end,
    );
    this.#inbox = h(
      "div",
      { class: "inbox", part: "inbox" },
      h(
        "div",
        { class: "head", part: "head" },
        this.heading,
        this.#readAll,
        this.#filters(commands),
      ),
      h("div", { role: "status" }, this.#noticeBar),
      h("div", { class: "list" }, this.#new, this.scroller),
    );
    root.append(this.#inbox);
    this.#readAll.onclick = commands.readAll;
    this.#retry.onclick = this.#tryAgain.onclick = commands.retry;
    this.#loadAgain.onclick = commands.loadAgain;
    this.#new.onclick = () => this.scroller.scrollTo({ top: 0, behavior: "smooth" });
    this.scroller.addEventListener("scroll", commands.scrolled, { passive: true });
  }

  /** Shows a status, in the words of a language. */
  tell(texts: Texts, status: InboxStatus): void {
    if (texts !== this.#told) this.#translate(texts);
    const { filter, unread, notice, canRetry, above, body, isOver, more } = status;
    const focused = this.#root.activeElement;
    this.#inbox.classList.toggle("over", isOver);
    this.#readAll.disabled = unread === 0 || isOver;
    const radio = this.#radios.get(filter);
    if (radio) radio.checked = true;
    setText(this.#count, unread > 99 ? "99+" : String(unread));
    this.#count.hidden = unread === 0;
    this.#noticeBar.hidden = notice === "";
    setText(this.#notice, notice);
    // One button is enough.
    this.#tryAgain.hidden = !canRetry;
    this.#retry.hidden = !canRetry || body === "partial";
    this.#new.hidden = above === 0;
    setText(this.#newText, texts.newOnes(above));
    this.list.hidden = body !== "items";
    this.scroller.ariaBusy = String(body === "bones" || more === "loading");
    this.#bones.hidden = body !== "bones";
    this.#emptySlot.hidden = body !== "empty";
    this.#tellEmpty(texts, status);
    this.#tellTrouble(texts, body);
    this.#tellMore(texts, more);
    // The button that was pressed may be gone by now, or of no use.
    if (focused?.closest("[hidden],:disabled") || (focused && !focused.isConnected)) {
      this.heading.focus();
    }
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
    for (const button of [this.#retry, this.#tryAgain, this.#loadAgain]) {
      setText(button, texts.tryAgain);
    }
    this.list.ariaLabel = texts.notifications;
  }

  #tellEmpty(texts: Texts, { filter, isStale }: InboxStatus): void {
    const [title, more] = {
      all: [texts.emptyAll, texts.emptyAllMore] as const,
      unread: [texts.emptyUnread, texts.emptyUnreadMore] as const,
      archived: [texts.emptyArchived, texts.emptyArchivedMore] as const,
    }[filter];
    this.#empty.tell(EMPTY_ICONS[filter], title, isStale ? texts.emptyStale : more);
  }

  #tellTrouble(texts: Texts, body: Body): void {
    const [title, more] = {
      partial: [texts.partial, texts.partialMore] as const,
      offline: [texts.notLoaded, texts.notLoadedMore] as const,
      unavailable: [texts.unavailable, texts.unavailableMore] as const,
      signedOut: [texts.signedOut, texts.signedOutMore] as const,
    }[body as string] ?? [];
    this.#trouble.element.hidden = title === undefined;
    this.#trouble.tell(body === "signedOut" ? "bell" : "away", title ?? "", more ?? "");
  }

  #tellMore(texts: Texts, more: InboxStatus["more"]): void {
    const text = more && { loading: texts.loading, failed: texts.loadFailed, away: texts.partial };
    const wanted = more && text ? text[more] : "";
    if ((this.end.firstElementChild?.textContent ?? "") === wanted) return;
    if (!more) return this.end.replaceChildren();
    this.end.replaceChildren(
      h("span", {}, wanted),
      ...more === "failed" ? [this.#loadAgain] : [],
    );
  }
}

/** What stands in a list where rows would be: a drawing, a title, a sentence, and perhaps a button. */
export class Placeholder {
  readonly element: HTMLElement;
  readonly #art = h("span", { class: "empty-art" });
  readonly #title = h("strong");
  readonly #more = h("span");
  #drawn: IconName | undefined;

  /** @param part names it for the page's style sheets */
  constructor(part: string, ...buttons: readonly HTMLElement[]) {
    this.element = h(
      "div",
      { class: "empty", part },
      this.#art,
      this.#title,
      this.#more,
      ...buttons,
    );
  }

  tell(name: IconName, title: string, more: string): void {
    if (this.#drawn !== name) this.#art.replaceChildren(icon(name));
    this.#drawn = name;
    setText(this.#title, title);
    setText(this.#more, more);
  }
}
