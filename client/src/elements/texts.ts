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

const ENGLISH: Texts = {
  notifications: "Notifications",
  bell: (unread) => unread === 0 ? "Notifications" : `Notifications, ${unread} unread`,
  all: "All",
  unread: "Unread",
  archived: "Archived",
  filter: "Show",
  markAllRead: "Mark all as read",
  markRead: "Mark as read",
  markUnread: "Mark as unread",
  archive: "Archive",
  unarchive: "Move back to the inbox",
  delete: "Delete",
  urgent: "Urgent",
  arrived: (count, title) =>
    count === 1 ? `New notification: ${title}` : `${count} new notifications. ${title}`,
  newOnes: (count) => `${count} new`,
  justNow: "just now",
  loading: "Loading",
  loadFailed: "Older notifications could not be loaded.",
  tryAgain: "Try again",
  offline: "You are offline. Changes are kept until you are back.",
  reconnecting: "Reconnecting …",
  closed: "Notifications are not available right now.",
  signedOut: "You are signed out",
  signedOutMore: "Sign in to see your notifications.",
  notLoaded: "You are offline",
  notLoadedMore: "Your notifications will show up when you are back.",
  unavailable: "Notifications can’t be loaded",
  unavailableMore: "The service can’t be reached right now.",
  partial: "Older notifications are not on this device",
  partialMore: "They will be loaded when there is a connection.",
  emptyAll: "Nothing here yet",
  emptyAllMore: "New notifications will show up right away.",
  emptyUnread: "You’re all caught up",
  emptyUnreadMore: "There is nothing left to read.",
  emptyArchived: "Nothing archived",
  emptyArchivedMore: "What you archive is kept here.",
  emptyStale: "As of the last connection.",
  showMore: "Show more",
  showLess: "Show less",
  failed: "That did not work. Please try again.",
};

const languages = new Map<string, Partial<Texts>>([["en", ENGLISH]]);
const waiting = new Set<() => void>();

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
export function defineTexts(lang: string, texts: Partial<Texts>): void {
  const key = lang.toLowerCase();
  languages.set(key, { ...languages.get(key), ...texts });
  for (const changed of waiting) changed();
}

/** Hears of languages that are added later. @returns ends it */
export function onTexts(changed: () => void): () => void {
  waiting.add(changed);
  return () => void waiting.delete(changed);
}

/** What is said in a language, the most general first: `en`, then `pt`, then `pt-br`. */
export function textsOf(lang: string): Texts {
  const parts = lang.toLowerCase().split("-");
  const known = parts.map((_, i) => languages.get(parts.slice(0, i + 1).join("-")));
  return Object.assign({}, ENGLISH, languages.get("en"), ...known);
}
