import type { Notification } from "../notification.js";
import type { Bell } from "../types.js";
import { type Texts } from "./texts.js";
/** On a server there is none; there the classes can be imported, and that is all. */
declare const Base: {
    new (): HTMLElement;
    prototype: HTMLElement;
};
/** What the elements dispatch; it bubbles out of their shadow trees. */
export interface BellwireEvents {
    /** A notification was chosen. Cancel it to keep a link from being followed. */
    "bellwire-open": CustomEvent<BellwireOpen>;
    /** A button of a notification was pressed. Cancel it to keep a link from being followed. */
    "bellwire-action": CustomEvent<BellwireAction>;
}
/** What was chosen. */
export interface BellwireOpen {
    readonly notification: Notification;
    /**
     * Whether the browser is about to open the link in another tab or window, as after a middle click: a
     * router has nothing to do then.
     */
    readonly newTab: boolean;
}
/** Which button was pressed. */
export interface BellwireAction extends BellwireOpen {
    /** The `id` of the action. */
    readonly action: string;
}
/**
 * What all elements have in common: a bell, which is either given as a property or made from the
 * attributes `server`, `token-url` and `user`; a language; and drawing once for many changes.
 */
export declare abstract class BellwireElement extends Base {
    #private;
    static readonly observedAttributes: readonly string[];
    /** The user's notifications; without one the attributes say where they are. */
    get bell(): Bell | undefined;
    set bell(bell: Bell | undefined);
    /** The language that holds here, such as `de`. */
    protected get language(): string;
    /** What the element says. */
    protected get texts(): Texts;
    connectedCallback(): void;
    disconnectedCallback(): void;
    attributeChangedCallback(name: string, before: string | null, after: string | null): void;
    /** Shows what is known now. */
    protected abstract render(): void;
    /** There is another bell now, or none; followed by a {@link render}. @returns ends it */
    protected abstract follow(bell: Bell | undefined): () => void;
    /** What is said has changed; followed by a {@link render}. */
    protected abstract retell(): void;
    /** Draws once the current turn is over, however often it is called. */
    protected refresh(): void;
    /** @returns whether what the element does by itself may be done */
    protected tell<K extends keyof BellwireEvents>(name: K, detail: BellwireEvents[K]["detail"]): boolean;
}
export {};
