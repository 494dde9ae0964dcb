import type { Notification } from "../notification.js";
import { ItemRow, type Voice } from "./item_row.js";
/** The rows of a list, drawn only where something has changed, with one of them in the tab order. */
export declare class ItemList {
    #private;
    constructor(list: HTMLElement, { added, removed }: {
        readonly added: (row: ItemRow) => void;
        readonly removed: (row: ItemRow) => void;
    });
    get rows(): Iterable<ItemRow>;
    /** The row that an event was about. */
    rowOf(target: EventTarget | null): ItemRow | undefined;
    /** @returns false where the focus was in the list, and nothing is left there to have it */
    show(items: readonly Notification[], voice: Voice): boolean;
    /** Throws all rows away, to be drawn anew as the same ones; the focus comes back. */
    renew(): void;
    clear(): void;
}
/** Which notifications are shown; `all` leaves out what is archived. */
export type Filter = "all" | "unread" | "archived";
/** Whether a filter shows a notification. */
export declare const FILTERS: Readonly<Record<Filter, (item: Notification) => boolean>>;
