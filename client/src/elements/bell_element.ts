import type { Bell } from "../types.ts";
import { Announcer } from "./announcer.ts";
import { BELL_STYLES } from "./styles.ts";
import { BellwireElement } from "./bellwire_element.ts";
import { h, icon, setAttribute, setText } from "./dom.ts";
import { BellwireInbox } from "./inbox_element.ts";
import { adoptStyles } from "./theme.ts";

/** Parts of the inbox that pages can style through the bell. */
const PARTS =
  "inbox, head, heading, mark-all, filters, filter, notice, list, scroller, item, unread, " +
  "dot, icon, title, body, image, meta, action, tools, tool, new, empty, more";

/**
 * `<bellwire-bell>`: a button with a badge, and the inbox in a popover.
 *
 * Attributes: `server`, `token-url` and `user` as on {@link BellwireElement}, `count` (`unread` or
 * `unseen`: what the badge counts), `filter` (that of the inbox), `theme` (`light`, `dark`). Property:
 * `bell`. Slot: `icon`. Events: `bellwire-open`, `bellwire-action`.
 */
export class BellwireBell extends BellwireElement {
  static override readonly observedAttributes = [
    ...BellwireElement.observedAttributes,
    "count",
    "theme",
  ];

  #button: HTMLButtonElement | undefined;
  #drawing: HTMLElement | undefined;
  #badge: HTMLElement | undefined;
  #panel: HTMLElement | undefined;
  #inbox: BellwireInbox | undefined;
  #announcer: Announcer | undefined;
  /** Ends what is heard while the panel is open. */
  #away: AbortController | undefined;

  /** Whether the popover is open. */
  get open(): boolean {
    return this.#away !== undefined;
  }

  override connectedCallback(): void {
    this.#build();
    super.connectedCallback();
  }

  override disconnectedCallback(): void {
    this.hide();
    super.disconnectedCallback();
  }

  /** Opens the popover and moves the focus into it. */
  show(): void {
    const panel = this.#panel;
    const button = this.#button;
    if (!panel || !button || !this.#inbox || this.open) return;
    const away = this.#away = new AbortController();
    const { signal } = away;
    this.#inbox.bell = this.bell;
    setAttribute(this.#inbox, "filter", this.getAttribute("filter") ?? "all");
    panel.classList.add("open");
    // Above everything else on the page, where the browser can do that.
    panel.showPopover?.();
    const place = () => placePanel(panel, button, this.#reachesLeft(button));
    place();
    const sizes = new ResizeObserver(place);
    sizes.observe(panel);
    signal.addEventListener("abort", () => sizes.disconnect());
    addEventListener("resize", place, { signal });
    addEventListener("scroll", place, { signal, capture: true, passive: true });
    addEventListener("pointerdown", (event) => {
      if (!event.composedPath().includes(this)) this.hide();
    }, { signal, capture: true });
    this.refresh();
    // Last, as the page hears of it and may hide the popover again.
    panel.focus({ preventScroll: true });
  }

  /** Closes the popover; the focus goes back to the button where it was inside. */
  hide(): void {
    if (!this.open) return;
    const hadFocus = this.#panel?.contains(this.shadowRoot?.activeElement ?? null);
    this.#away?.abort();
    this.#away = undefined;
    this.#panel?.hidePopover?.();
    this.#panel?.classList.remove("open");
    if (this.#inbox) this.#inbox.bell = undefined;
    if (hadFocus) this.#button?.focus();
    this.refresh();
  }

  protected override follow(bell: Bell | undefined): () => void {
    if (this.open && this.#inbox) this.#inbox.bell = bell;
    const unannounce = bell && this.#announcer?.follow(bell);
    const stop = bell?.on("notification", (_, { live }) => {
      if (live) this.#drawing?.classList.add("ringing");
    });
    return () => {
      unannounce?.();
      stop?.();
    };
  }

  protected override retell(): void {
    // All that it says is said anew with each drawing.
  }

  protected override render(): void {
    const { texts } = this;
    const { unread, unseen } = this.bell?.getSnapshot().counts ?? { unread: 0, unseen: 0 };
    const count = this.getAttribute("count") === "unseen" ? unseen : unread;
    if (this.#button) {
      this.#button.ariaLabel = texts.bell(unread);
      this.#button.ariaExpanded = String(this.open);
    }
    if (this.#panel) this.#panel.ariaLabel = texts.notifications;
    if (this.#badge) {
      this.#badge.hidden = count === 0;
      this.#badge.classList.toggle("wide", count > 99);
      setText(this.#badge, count > 99 ? "99+" : String(count));
    }
    if (this.#inbox) {
      setAttribute(this.#inbox, "theme", this.getAttribute("theme") ?? undefined);
      setAttribute(this.#inbox, "lang", this.getAttribute("lang") ?? undefined);
    }
  }

  #build(): void {
    if (this.#button) return;
    const root = this.attachShadow({ mode: "open" });
    adoptStyles(root, BELL_STYLES);
    const drawing = this.#drawing = h(
      "span",
      { part: "icon" },
      h("slot", { name: "icon" }, icon("bell") as Node),
    );
    drawing.addEventListener("animationend", () => drawing.classList.remove("ringing"));
    this.#badge = h("span", {
      class: "badge",
      part: "badge",
      // "99+" is a number in every direction.
      dir: "ltr",
      "aria-hidden": "true",
      hidden: true,
    });
    this.#button = h(
      "button",
      { class: "button", part: "button", type: "button", "aria-haspopup": "dialog" },
      drawing,
      this.#badge,
    );
    this.#inbox = h("bellwire-inbox", { exportparts: PARTS });
    this.#panel = h(
      "div",
      { class: "panel", part: "panel", role: "dialog", tabindex: -1, popover: "manual" },
      this.#inbox,
    );
    const speech = h("p", { class: "unheard", role: "status" });
    this.#announcer = new Announcer(speech, () => this.texts);
    root.append(this.#button, this.#panel, speech);
    this.#button.onclick = () => this.open ? this.hide() : this.show();
    root.addEventListener("keydown", (event) => {
      if ((event as KeyboardEvent).key !== "Escape" || !this.open) return;
      event.stopPropagation();
      this.hide();
    });
    this.addEventListener("focusout", ({ relatedTarget }) => {
      // Nothing gets the focus where the window loses it, or a row goes.
      if (relatedTarget instanceof Node && !this.contains(relatedTarget)) this.hide();
    });
    // The page is left, or shows another place by itself.
    this.addEventListener("bellwire-open", ({ detail: { notification, newTab } }) => {
      if (notification.url !== undefined && !newTab) this.hide();
    });
  }

  /** It grows towards the middle of the window. */
  #reachesLeft(button: HTMLElement): boolean {
    const { left, right } = button.getBoundingClientRect();
    return (left + right) / 2 > document.documentElement.clientWidth / 2;
  }
}

const GAP = 8;

/**
 * Puts a panel below a button, or above it where there is more room, and keeps it within the window.
 * Positions go through the CSSOM, which policies against inline styles allow.
 *
 * @param panel has a fixed position
 * @param toLeft whether it reaches from the button's right edge to the left
 */
export function placePanel(panel: HTMLElement, button: HTMLElement, toLeft: boolean): void {
  const { clientWidth, clientHeight } = document.documentElement;
  const at = button.getBoundingClientRect();
  const below = clientHeight - at.bottom - 2 * GAP;
  const above = at.top - 2 * GAP;
  const isBelow = below >= Math.min(panel.scrollHeight, 320) || below >= above;
  const { style } = panel;
  style.setProperty("--_room", `${Math.max(160, isBelow ? below : above)}px`);
  const { width } = panel.getBoundingClientRect();
  const wanted = toLeft ? at.right - width : at.left;
  style.left = `${Math.max(GAP, Math.min(wanted, clientWidth - width - GAP))}px`;
  style.top = isBelow ? `${at.bottom + GAP}px` : "auto";
  style.bottom = isBelow ? "auto" : `${clientHeight - at.top + GAP}px`;
}
