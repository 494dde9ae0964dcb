import type { Bell } from "../types.js";
import type { BellwireBell } from "./bell_element.js";
import type { BellwireAction, BellwireEvents, BellwireOpen } from "./bellwire_element.js";
import type { Filter } from "./item_list.js";
import type { BellwireInbox } from "./inbox_element.js";
/** What can be set on `<bellwire-inbox>`, as attributes and, `bell` only, as a property. */
export interface BellwireInboxAttributes {
    bell?: Bell | undefined;
    server?: string | undefined;
    "token-url"?: string | undefined;
    user?: string | undefined;
    filter?: Filter | undefined;
    theme?: "light" | "dark" | undefined;
    lang?: string | undefined;
}
/** What can be set on `<bellwire-bell>`. */
export interface BellwireBellAttributes extends BellwireInboxAttributes {
    count?: "unread" | "unseen" | undefined;
}
/** Handlers in the form of React 19, Preact and Svelte 5: `onbellwire-open={…}`. */
type Handlers = {
    [K in keyof BellwireEvents as `on${K}`]?: ((event: BellwireEvents[K]) => void) | undefined;
};
/** `:token-url="…"` and `@bellwire-open="…"` of a Vue template, as Vue's tools name them. */
type VueProps<Attributes> = Omit<Attributes, "token-url"> & {
    tokenUrl?: string | undefined;
    onBellwireOpen?: ((event: CustomEvent<BellwireOpen>) => void) | undefined;
    onBellwireAction?: ((event: CustomEvent<BellwireAction>) => void) | undefined;
};
type VueElement<Element, Attributes> = new () => Element & {
    $props: VueProps<Attributes>;
};
type SvelteHandlers = {
    [K in keyof BellwireEvents as `on:${K}`]?: ((event: BellwireEvents[K]) => void) | undefined;
};
/** What every framework lets a page set on any element. */
interface Common {
    id?: string | undefined;
    slot?: string | undefined;
    class?: string | undefined;
    style?: string | undefined;
    hidden?: boolean | undefined;
}
/** @ts-ignore */
type ReactProps<E> = import("react").DetailedHTMLProps<import("react").HTMLAttributes<E>, E>;
/** @ts-ignore */
declare module "react" {
    namespace JSX {
        interface IntrinsicElements {
            "bellwire-bell": ReactProps<BellwireBell> & BellwireBellAttributes & Handlers;
            "bellwire-inbox": ReactProps<BellwireInbox> & BellwireInboxAttributes & Handlers;
        }
    }
}
/** @ts-ignore */
declare module "vue" {
    interface GlobalComponents {
        "bellwire-bell": VueElement<BellwireBell, BellwireBellAttributes>;
        "bellwire-inbox": VueElement<BellwireInbox, BellwireInboxAttributes>;
    }
}
declare global {
    namespace svelteHTML {
        interface IntrinsicElements {
            "bellwire-bell": BellwireBellAttributes & Common & Handlers & SvelteHandlers;
            "bellwire-inbox": BellwireInboxAttributes & Common & Handlers & SvelteHandlers;
        }
    }
}
export {};
