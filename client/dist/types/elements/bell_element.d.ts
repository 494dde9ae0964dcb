import type { Bell } from "../types.js";
import { BellwireElement } from "./bellwire_element.js";
/**
 * `<bellwire-bell>`: a button with a badge, and the inbox in a popover.
 *
 * Attributes: `server`, `token-url` and `user` as on {@link BellwireElement}, `count` (`unread` or
 * `unseen`: what the badge counts), `filter` (that of the inbox), `theme` (`light`, `dark`). Property:
 * `bell`. Slot: `icon`. Events: `bellwire-open`, `bellwire-action`.
 */
export declare class BellwireBell extends BellwireElement {
    #private;
    static readonly observedAttributes: string[];
    /** Whether the popover is open. */
    get open(): boolean;
    connectedCallback(): void;
    disconnectedCallback(): void;
    /** Opens the popover and moves the focus into it. */
    show(): void;
    /** Closes the popover; the focus goes back to the button where it was inside. */
    hide(): void;
    protected follow(bell: Bell | undefined): () => void;
    protected retell(): void;
    protected render(): void;
}
/**
 * Puts a panel below a button, or above it where there is more room, and keeps it within the window.
 * Positions go through the CSSOM, which policies against inline styles allow.
 *
 * @param panel has a fixed position
 * @param toLeft whether it reaches from the button's right edge to the left
 */
export declare function placePanel(panel: HTMLElement, button: HTMLElement, toLeft: boolean): void;
