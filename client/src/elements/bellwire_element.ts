import type { Notification } from "../notification.ts";
import type { Bell } from "../types.ts";
import { shareBell } from "./shared_bells.ts";
import { onTexts, type Texts, textsOf } from "./texts.ts";

/** On a server there is none; there the classes can be imported, and that is all. */
const Base = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement);

/** Where this file is served by the service itself, that is the service to connect to. */
const OWN_SERVER = /^(.*)\/elements\.js(?:\?.*)?$/.exec(import.meta.url)?.[1];

/** An app may take so long to give an element its bell. */
const PATIENCE_MS = 5_000;

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
export abstract class BellwireElement extends Base {
  static readonly observedAttributes: readonly string[] = ["server", "token-url", "user", "lang"];

  #given: Bell | undefined;
  #shared: ReturnType<typeof shareBell> | undefined;
  #bell: Bell | undefined;
  #stops: (() => void)[] = [];
  #texts: Texts | undefined;
  #isDue = false;
  #hasComplained = false;

  /** The user's notifications; without one the attributes say where they are. */
  get bell(): Bell | undefined {
    return this.#bell;
  }

  set bell(bell: Bell | undefined) {
    if (bell === this.#given) return;
    this.#given = bell;
    if (this.isConnected) this.#attach();
  }

  /** The language that holds here, such as `de`. */
  protected get language(): string {
    return languageAt(this) ?? navigator.language;
  }

  /** What the element says. */
  protected get texts(): Texts {
    return this.#texts ??= textsOf(this.language);
  }

  connectedCallback(): void {
    this.#adopt("bell");
    this.#stops.push(onTexts(() => this.#retell()));
    // The page may change its language at any time.
    const page = new MutationObserver(() => this.#retell());
    page.observe(document.documentElement, { attributeFilter: ["lang"] });
    this.#stops.push(() => page.disconnect());
    // It may be in another place than before.
    this.#retell();
    this.#attach();
  }

  disconnectedCallback(): void {
    this.#detach();
    for (const stop of this.#stops.splice(0)) stop();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.isConnected) return;
    if (name === "lang") this.#retell();
    else if (["server", "token-url", "user"].includes(name)) this.#attach();
    else this.refresh();
  }

  /** Shows what is known now. */
  protected abstract render(): void;

  /** There is another bell now, or none; followed by a {@link render}. @returns ends it */
  protected abstract follow(bell: Bell | undefined): () => void;

  /** What is said has changed; followed by a {@link render}. */
  protected abstract retell(): void;

  /** Draws once the current turn is over, however often it is called. */
  protected refresh(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (this.isConnected) this.render();
    });
  }

  /** @returns whether what the element does by itself may be done */
  protected tell<K extends keyof BellwireEvents>(
    name: K,
    detail: BellwireEvents[K]["detail"],
  ): boolean {
    return this.dispatchEvent(
      new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }),
    );
  }

  #retell(): void {
    this.#texts = undefined;
    this.retell();
    this.refresh();
  }

  #attach(): void {
    this.#detach();
    const tokenUrl = this.getAttribute("token-url");
    const server = this.getAttribute("server") ?? OWN_SERVER;
    if (this.#given === undefined && tokenUrl !== null && server !== undefined) {
      this.#shared = shareBell({
        server,
        tokenUrl,
        user: this.getAttribute("user") ?? undefined,
      });
    }
    const bell = this.#bell = this.#given ?? this.#shared?.bell;
    const stop = bell?.subscribe(() => this.refresh());
    const unfollow = this.follow(bell);
    const patience = setTimeout(() => this.#complain(), PATIENCE_MS);
    this.#end = () => {
      clearTimeout(patience);
      stop?.();
      unfollow();
    };
    this.refresh();
  }

  /** Tells the app's developer why there is nothing to see. */
  #complain(): void {
    const { host } = this.getRootNode() as Partial<ShadowRoot>;
    // An element within another one gets its bell when that needs it.
    if (this.#bell || this.#hasComplained || host instanceof BellwireElement) return;
    this.#hasComplained = true;
    // deno-lint-ignore no-console -- there is no other place to tell a developer
    console.warn(
      `<${this.localName}> has no bell. Set its attribute "token-url", and "server" where the ` +
        `elements are not loaded from the service; or its property "bell".`,
    );
  }

  #end = (): void => {};

  #detach(): void {
    this.#end();
    this.#end = () => {};
    this.#shared?.release();
    this.#shared = this.#bell = undefined;
  }

  /** A property that was set before the element was defined hides the accessor. */
  #adopt(name: "bell"): void {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    Reflect.deleteProperty(this, name);
    this[name] = value;
  }
}

/** The nearest `lang`, through the shadow trees around an element. */
function languageAt(element: Element): string | undefined {
  const holder = element.closest("[lang]") ?? element;
  const lang = holder.getAttribute("lang");
  if (lang) return lang;
  const root = holder.getRootNode();
  return root instanceof ShadowRoot ? languageAt(root.host) : undefined;
}
