import type { Notification } from "../notification.ts";
import { h, icon, type IconName, safeUrl, setAttribute, setText } from "./dom.ts";
import type { Texts } from "./texts.ts";
import type { Times } from "./times.ts";

/** What a row needs to speak to its reader. */
export interface Voice {
  readonly texts: Texts;
  readonly times: Times;
  /** The time by the service's clock, as far as that is known; milliseconds since 1970. */
  readonly now: () => number;
}

/** What can be asked of a row; on its buttons as `data-do`. */
export type RowCommand =
  | "open"
  | "action"
  | "expand"
  | "read"
  | "unread"
  | "archive"
  | "unarchive"
  | "delete";

/** One notification of the list. What a publisher wrote stays text. */
export class ItemRow {
  readonly element: HTMLLIElement;
  readonly #voice: Voice;
  readonly #main: HTMLElement;
  readonly #unread = h("span", { class: "unheard" });
  readonly #time = h("time");
  readonly #readTool: HTMLButtonElement;
  readonly #archiveTool: HTMLButtonElement;
  readonly #deleteTool: HTMLButtonElement;
  readonly #body: HTMLElement | undefined;
  readonly #expand = h("button", {
    class: "expand",
    part: "expand",
    type: "button",
    "data-do": "expand",
    hidden: true,
  });
  #item: Notification;

  constructor(item: Notification, voice: Voice) {
    const { texts, times } = this.#voice = voice;
    this.#item = item;
    const url = safeUrl(item.url);
    const bodyId = `body-${item.id}`;
    const metaId = `meta-${item.id}`;
    this.#main = h(url === undefined ? "button" : "a", {
      class: "main",
      part: "title",
      "data-do": "open",
      "aria-describedby": item.body ? `${bodyId} ${metaId}` : metaId,
      ...(url === undefined ? { type: "button" } : { href: url }),
    });
    this.#main.append(this.#unread, h("span", { dir: "auto" }, item.title));
    setAttribute(this.#time, "datetime", item.publishedAt);
    setAttribute(this.#time, "title", times.full(item.publishedAt));
    if (item.body) {
      this.#body = h(
        "p",
        { class: "body", part: "body", id: bodyId },
        h("span", { dir: "auto" }, item.body),
      );
      setAttribute(this.#expand, "aria-controls", bodyId);
      this.#tellExpand(false);
    }
    this.#readTool = tool();
    this.#archiveTool = tool();
    this.#deleteTool = tool();
    show(this.#deleteTool, "delete", "trash", texts.delete);
    this.element = h(
      "li",
      { part: "item" },
      h("span", { class: "dot", part: "dot" }),
      h("span", { class: "tile", part: "icon", "aria-hidden": "true" }, picture(item)),
      h(
        "div",
        {},
        this.#main,
        ...this.#body ? [this.#body, this.#expand] : [],
        ...image(item),
        this.#meta(metaId),
        h("div", { class: "actions" }, ...this.#actions()),
      ),
      h(
        "div",
        { class: "tools", part: "tools" },
        this.#readTool,
        this.#archiveTool,
        this.#deleteTool,
      ),
    );
    this.update(item);
    this.tell();
    this.reach(false);
  }

  get item(): Notification {
    return this.#item;
  }

  /** Shows what can change of a notification: its marks. */
  update(item: Notification): void {
    this.#item = item;
    const { read, archived, priority } = item;
    const { texts } = this.#voice;
    const isUnread = !read && !archived;
    setAttribute(this.element, "class", `item ${priority}${isUnread ? " unread" : ""}`);
    setAttribute(this.element, "part", `item${isUnread ? " unread" : ""}`);
    setText(this.#unread, isUnread ? `${texts.unread}: ` : "");
    show(
      this.#readTool,
      read ? "unread" : "read",
      read ? "dot" : "check",
      read ? texts.markUnread : texts.markRead,
    );
    show(
      this.#archiveTool,
      archived ? "unarchive" : "archive",
      archived ? "back" : "archive",
      archived ? texts.unarchive : texts.archive,
    );
    this.#readTool.hidden = archived;
    this.#deleteTool.hidden = !archived;
  }

  /** Tells how long ago it was published. */
  tell(): void {
    const { times, now } = this.#voice;
    setText(this.#time, times.short(this.#item.publishedAt, now()));
  }

  /** The part whose height says whether all of it can be seen; undefined where there is no text. */
  get body(): HTMLElement | undefined {
    return this.#body;
  }

  /** Offers to show all of a text that is cut off. To be called when its place has changed its size. */
  measure(): void {
    const body = this.#body;
    // What is shown in full can be folded again.
    if (!body || body.classList.contains("full")) return;
    this.#expand.hidden = body.scrollHeight <= body.clientHeight + 1;
  }

  /** Shows all of the text, or its beginning again. */
  expand(): void {
    const isFull = this.#body?.classList.toggle("full") ?? false;
    this.#tellExpand(isFull);
    this.measure();
  }

  #tellExpand(isFull: boolean): void {
    const { texts } = this.#voice;
    this.#expand.ariaExpanded = String(isFull);
    setText(this.#expand, isFull ? texts.showLess : texts.showMore);
  }

  /** Whether the tab key stops here. Of all rows it does at one only. */
  reach(reachable: boolean): void {
    for (const stop of this.element.querySelectorAll("[data-do]")) {
      setAttribute(stop, "tabindex", reachable ? 0 : -1);
    }
  }

  focus(): void {
    this.#main.focus();
  }

  #meta(id: string): HTMLElement {
    const { priority, stream, category } = this.#item;
    const { texts } = this.#voice;
    const topic = /^topic:(.*)$/.exec(stream)?.[1];
    return h(
      "div",
      { class: "meta", part: "meta", id },
      ...priority === "urgent" ? [h("span", { class: "mark" }, texts.urgent)] : [],
      h("span", {}, this.#time),
      ...category === "general" ? [] : [h("span", {}, category)],
      ...topic === undefined || topic === "everyone" ? [] : [h("span", {}, `#${topic}`)],
    );
  }

  #actions(): HTMLElement[] {
    return (this.#item.actions ?? []).map(({ id, label, url }, i) => {
      const link = safeUrl(url);
      return h(link === undefined ? "button" : "a", {
        class: `action${i === 0 ? " first" : ""}`,
        part: "action",
        "data-do": "action",
        "data-action": id,
        ...(link === undefined ? { type: "button" } : { href: link }),
      }, label);
    });
  }
}

function tool(): HTMLButtonElement {
  return h("button", { class: "tool", part: "tool", type: "button" });
}

function show(button: HTMLButtonElement, command: RowCommand, name: IconName, label: string): void {
  if (button.dataset["do"] === command) return;
  button.dataset["do"] = command;
  setAttribute(button, "aria-label", label);
  setAttribute(button, "title", label);
  button.replaceChildren(icon(name));
}

/** Whoever serves a picture learns that it was looked at, but not on which page. */
const PICTURE = { alt: "", loading: "lazy", decoding: "async", referrerpolicy: "no-referrer" };

function picture({ icon: url, priority }: Notification): Element {
  const drawing = icon(priority === "urgent" ? "alert" : "bell");
  const src = safeUrl(url);
  if (src === undefined) return drawing;
  const img = h("img", { ...PICTURE, src });
  img.onerror = () => img.replaceWith(drawing);
  return img;
}

function image({ image: url }: Notification): HTMLElement[] {
  const src = safeUrl(url);
  if (src === undefined) return [];
  const img = h("img", { ...PICTURE, class: "image", part: "image", src });
  img.onerror = () => img.remove();
  return [img];
}
