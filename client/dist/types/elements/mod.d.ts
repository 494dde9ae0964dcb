/**
 * The elements `<bellwire-bell>` and `<bellwire-inbox>`, and with them all of the client.
 *
 * @example
 * ```html
 * <script type="module" src="https://notify.example.com/elements.js"></script>
 * <bellwire-bell token-url="/token"></bellwire-bell>
 * ```
 *
 * @module
 */
import { BellwireBell } from "./bell_element.js";
import type { BellwireEvents } from "./bellwire_element.js";
import { BellwireInbox } from "./inbox_element.js";
export * from "../mod.js";
export { BellwireBell } from "./bell_element.js";
export type { BellwireAction, BellwireEvents, BellwireOpen } from "./bellwire_element.js";
export type { BellwireBellAttributes, BellwireInboxAttributes } from "./frameworks.js";
export type { Filter } from "./item_list.js";
export { BellwireInbox } from "./inbox_element.js";
export { defineTexts, type Texts } from "./texts.js";
declare global {
    interface HTMLElementTagNameMap {
        "bellwire-bell": BellwireBell;
        "bellwire-inbox": BellwireInbox;
    }
    interface HTMLElementEventMap extends BellwireEvents {
    }
    interface DocumentEventMap extends BellwireEvents {
    }
    interface WindowEventMap extends BellwireEvents {
    }
}
