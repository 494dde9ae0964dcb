import type { Notification } from "../notification.js";
import type { Texts } from "./texts.js";
import type { Times } from "./times.js";
/** What a row needs to speak to its reader. */
export interface Voice {
    readonly texts: Texts;
    readonly times: Times;
    /** The time by the service's clock, as far as that is known; milliseconds since 1970. */
    readonly now: () => number;
}
/** What can be asked of a row; on its buttons as `data-do`. */
export type RowCommand = "open" | "action" | "expand" | "read" | "unread" | "archive" | "unarchive" | "delete";
/** One notification of the list. What a publisher wrote stays text. */
export declare class ItemRow {
    #private;
    readonly element: HTMLLIElement;
    constructor(item: Notification, voice: Voice);
    get item(): Notification;
    /** Shows what can change of a notification: its marks. */
    update(item: Notification): void;
    /** Tells how long ago it was published. */
    tell(): void;
    /** The part whose height says whether all of it can be seen; undefined where there is no text. */
    get body(): HTMLElement | undefined;
    /** Offers to show all of a text that is cut off. To be called when its place has changed its size. */
    measure(): void;
    /** Shows all of the text, or its beginning again. */
    expand(): void;
    /** Whether the tab key stops here. Of all rows it does at one only. */
    reach(reachable: boolean): void;
    focus(): void;
}
