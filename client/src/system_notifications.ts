import type { Environment } from "./environment.ts";
import type { TabMessage } from "./shared_state.ts";
import type { Notification as Item } from "./notification.ts";
import type { Snapshot } from "./types.ts";

/** Other windows of the app say within this time that they have the focus. */
const FOCUS_MS = 200;

/** The notifications of the operating system, where the browser has them. */
export class SystemNotifications {
  readonly #environment: Environment;
  readonly #post: (post: TabMessage) => void;
  readonly #clicked: (id: string) => void;
  /** Those that this tab has shown, by the item's id. */
  readonly #shown = new Map<string, Notification>();
  /** When another tab has last said that it has the focus. */
  #focusedAt = 0;

  constructor(options: {
    environment: Environment;
    post: (post: TabMessage) => void;
    clicked: (id: string) => void;
  }) {
    this.#environment = options.environment;
    this.#post = options.post;
    this.#clicked = options.clicked;
  }

  /** Shows an item, unless a window of the app has the focus. */
  async show({ id, title, body = "", icon = "", url }: Item): Promise<void> {
    try {
      if (Notification.permission !== "granted" || await this.#isFocused()) return;
      const shown = new Notification(title, { body, icon, tag: id });
      shown.onclick = () => {
        this.#clicked(id);
        globalThis.focus();
        const target = safeUrl(url);
        if (target !== undefined) location.assign(target);
        shown.close();
      };
      shown.onclose = () => this.#shown.delete(id);
      this.#shown.set(id, shown);
    } catch {
      // The browser has none, or refuses them. Chrome on Android lets only service workers show one.
    }
  }

  /** Takes away what is read or gone. */
  look({ items }: Snapshot): void {
    if (this.#shown.size === 0) return;
    const unread = new Set(items.filter(({ read }) => !read).map(({ id }) => id));
    for (const [id, shown] of this.#shown) {
      if (!unread.has(id)) shown.close();
    }
  }

  /** Another tab has the focus. */
  focusElsewhere(): void {
    this.#focusedAt = this.#environment.clock.now();
  }

  async #isFocused(): Promise<boolean> {
    const { clock, hasFocus } = this.#environment;
    if (hasFocus()) return true;
    const asked = clock.now();
    this.#post({ post: "focus?" });
    await new Promise<void>((resolve) => clock.after(FOCUS_MS, resolve));
    return this.#focusedAt >= asked || hasFocus();
  }
}

/** Where a notification leads, if that is a place one may go to: an http(s) URL, or a path. */
function safeUrl(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  try {
    const { protocol, href } = new URL(url, location.href);
    return /^https?:$/.test(protocol) ? href : undefined;
  } catch {
    return undefined;
  }
}
