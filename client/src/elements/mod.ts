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

import { BellwireBell } from "./bell_element.ts";
import type { BellwireEvents } from "./bellwire_element.ts";
import { BellwireInbox } from "./inbox_element.ts";

export * from "../mod.ts";
export { BellwireBell } from "./bell_element.ts";
export type { BellwireAction, BellwireEvents, BellwireOpen } from "./bellwire_element.ts";
export type { BellwireBellAttributes, BellwireInboxAttributes } from "./frameworks.ts";
export type { Filter } from "./item_list.ts";
export { BellwireInbox } from "./inbox_element.ts";
export { defineTexts, type Texts } from "./texts.ts";

// deno-lint-ignore no-implicit-declare-namespace-export -- what is global is meant for all
declare global {
  interface HTMLElementTagNameMap {
    "bellwire-bell": BellwireBell;
    "bellwire-inbox": BellwireInbox;
  }
  interface HTMLElementEventMap extends BellwireEvents {}
  interface DocumentEventMap extends BellwireEvents {}
  interface WindowEventMap extends BellwireEvents {}
}

const elements = globalThis.customElements as CustomElementRegistry | undefined;
// A page may have loaded this twice, by the package and from the service.
if (elements && !elements.get("bellwire-inbox")) {
  elements.define("bellwire-inbox", BellwireInbox);
  elements.define("bellwire-bell", BellwireBell);
}
