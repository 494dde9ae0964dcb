import type { Notification } from "../notification.ts";
import { ItemRow, type Voice } from "./item_row.ts";

/** The rows of a list, drawn only where something has changed, with one of them in the tab order. */
export class ItemList {
  readonly #list: HTMLElement;
  readonly #rows = new Map<string, ItemRow>();
  readonly #byElement = new WeakMap<Element, ItemRow>();
  readonly #added: (row: ItemRow) => void;
  readonly #removed: (row: ItemRow) => void;
  /** Rows that the browser does not draw yet are measured when it does. */
  readonly #sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) this.rowOf(target)?.measure();
  });
  #current: ItemRow | undefined;
  /** Whose row had the focus when all were thrown away to be drawn anew. */
  #awaited: string | undefined;

  constructor(
    list: HTMLElement,
    { added, removed }: {
      readonly added: (row: ItemRow) => void;
      readonly removed: (row: ItemRow) => void;
    },
  ) {
    this.#list = list;
    this.#added = added;
    this.#removed = removed;
    list.addEventListener("focusin", ({ target }) => this.#reach(this.rowOf(target)));
    list.addEventListener("keydown", (event) => this.#move(event));
  }

  get rows(): Iterable<ItemRow> {
    return this.#rows.values();
  }

  /** The row that an event was about. */
  rowOf(target: EventTarget | null): ItemRow | undefined {
    const element = target instanceof Element ? target.closest("li") : null;
    return element ? this.#byElement.get(element) : undefined;
  }

  /** @returns false where the focus was in the list, and nothing is left there to have it */
  show(items: readonly Notification[], voice: Voice): boolean {
    const wanted = new Set(items.map(({ id }) => id));
    const heir = this.#heir(wanted);
    for (const [id, row] of this.#rows) if (!wanted.has(id)) this.#remove(id, row);
    let place = this.#list.firstElementChild;
    for (const item of items) {
      const row = this.#rows.get(item.id) ?? this.#add(item, voice);
      if (row.item !== item) row.update(item);
      if (row.element === place) place = place.nextElementSibling;
      else this.#list.insertBefore(row.element, place);
    }
    if (!this.#current) this.#reach(heir ?? this.#rows.get(items[0]?.id ?? ""));
    (heir ?? this.#rows.get(this.#awaited ?? ""))?.focus();
    this.#awaited = undefined;
    return heir !== null;
  }

  /** Throws all rows away, to be drawn anew as the same ones; the focus comes back. */
  renew(): void {
    this.#awaited = this.#focused?.item.id;
    this.clear();
  }

  clear(): void {
    for (const [id, row] of this.#rows) this.#remove(id, row);
  }

  get #focused(): ItemRow | undefined {
    return this.rowOf((this.#list.getRootNode() as ShadowRoot).activeElement);
  }

  #add(item: Notification, voice: Voice): ItemRow {
    const row = new ItemRow(item, voice);
    this.#rows.set(item.id, row);
    this.#byElement.set(row.element, row);
    if (row.body) this.#sizes.observe(row.body);
    this.#added(row);
    return row;
  }

  #remove(id: string, row: ItemRow): void {
    this.#removed(row);
    if (row.body) this.#sizes.unobserve(row.body);
    this.#rows.delete(id);
    row.element.remove();
    if (row === this.#current) this.#current = undefined;
  }

  /**
   * Who gets the focus of a row that is about to go: the next one, else the one before.
   *
   * @returns undefined where the focus stays, null where nobody is left
   */
  #heir(wanted: ReadonlySet<string>): ItemRow | undefined | null {
    const row = this.#focused;
    if (!row || wanted.has(row.item.id)) return undefined;
    for (const step of ["nextElementSibling", "previousElementSibling"] as const) {
      for (let at = row.element[step]; at; at = at[step]) {
        const other = this.#byElement.get(at);
        if (other && wanted.has(other.item.id)) return other;
      }
    }
    return null;
  }

  #reach(row: ItemRow | undefined): void {
    if (!row || row === this.#current) return;
    this.#current?.reach(false);
    this.#current = row;
    row.reach(true);
  }

  #move(event: KeyboardEvent): void {
    const { element } = this.rowOf(event.target) ?? {};
    if (!element || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = {
      ArrowDown: element.nextElementSibling,
      ArrowUp: element.previousElementSibling,
      Home: this.#list.firstElementChild,
      End: this.#list.lastElementChild,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.rowOf(to)?.focus();
  }
}

/** Which notifications are shown; `all` leaves out what is archived. */
export type Filter = "all" | "unread" | "archived";

/** Whether a filter shows a notification. */
export const FILTERS: Readonly<Record<Filter, (item: Notification) => boolean>> = {
  all: ({ archived }) => !archived,
  unread: ({ read, archived }) => !read && !archived,
  archived: ({ archived }) => archived,
};
