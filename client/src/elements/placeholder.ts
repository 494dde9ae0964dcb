import { h, icon, type IconName, setText } from "./dom.ts";

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
