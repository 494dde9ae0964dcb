/** All that the elements say. Functions get numbers, so that each language can form its plurals. */
export interface Texts {
    readonly notifications: string;
    /** The bell's name for screen readers. */
    readonly bell: (unread: number) => string;
    readonly all: string;
    readonly unread: string;
    readonly archived: string;
    /** Names the group of filters. */
    readonly filter: string;
    readonly markAllRead: string;
    readonly markRead: string;
    readonly markUnread: string;
    readonly archive: string;
    readonly unarchive: string;
    readonly delete: string;
    readonly urgent: string;
    /** What a screen reader says when notifications arrive; `title` is that of the newest. */
    readonly arrived: (count: number, title: string) => string;
    /** On the button that leads to what came while the list was scrolled. */
    readonly newOnes: (count: number) => string;
    readonly justNow: string;
    readonly loading: string;
    readonly loadFailed: string;
    readonly tryAgain: string;
    readonly offline: string;
    readonly reconnecting: string;
    readonly closed: string;
    readonly signedOut: string;
    readonly signedOutMore: string;
    /** Nothing is known yet, and there is no network. */
    readonly notLoaded: string;
    readonly notLoadedMore: string;
    /** Nothing is known yet, and the service can't be reached or has refused the connection. */
    readonly unavailable: string;
    readonly unavailableMore: string;
    /** Not all is on this device, and what is missing can't be loaded now. */
    readonly partial: string;
    readonly partialMore: string;
    readonly emptyAll: string;
    readonly emptyAllMore: string;
    readonly emptyUnread: string;
    readonly emptyUnreadMore: string;
    readonly emptyArchived: string;
    readonly emptyArchivedMore: string;
    /** Said below an empty list's title instead of the others while there is no connection. */
    readonly emptyStale: string;
    readonly showMore: string;
    readonly showLess: string;
    /** What was asked for could not be done. */
    readonly failed: string;
}
/**
 * Adds a language to the elements, or changes what one says. Elements speak the `lang` that holds where
 * they are; what a language leaves out is said in English.
 *
 * @param lang such as `de` or `pt-BR`
 *
 * @example
 * ```ts ignore
 * defineTexts("de", {
 *   notifications: "Mitteilungen",
 *   bell: (unread) => unread === 0 ? "Mitteilungen" : `Mitteilungen, ${unread} ungelesen`,
 * });
 * ```
 */
export declare function defineTexts(lang: string, texts: Partial<Texts>): void;
/** Hears of languages that are added later. @returns ends it */
export declare function onTexts(changed: () => void): () => void;
/** What is said in a language, the most general first: `en`, then `pt`, then `pt-br`. */
export declare function textsOf(lang: string): Texts;
