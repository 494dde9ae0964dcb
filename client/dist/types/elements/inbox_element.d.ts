import type { Bell } from "../types.js";
import { BellwireElement } from "./bellwire_element.js";
import { type Filter } from "./item_list.js";
/**
 * `<bellwire-inbox>`: the list of a user's notifications.
 *
 * Attributes: `server`, `token-url` and `user` as on {@link BellwireElement}, `filter` (`all`, `unread`,
 * `archived`), `theme` (`light`, `dark`). Property: `bell`. Events: `bellwire-open`, `bellwire-action`.
 */
export declare class BellwireInbox extends BellwireElement {
    #private;
    static readonly observedAttributes: string[];
    /** Which notifications it shows; also the attribute of the same name. */
    get filter(): Filter;
    set filter(filter: Filter);
    connectedCallback(): void;
    disconnectedCallback(): void;
    attributeChangedCallback(name: string, before: string | null, after: string | null): void;
    protected follow(bell: Bell | undefined): () => void;
    protected retell(): void;
    protected render(): void;
}
