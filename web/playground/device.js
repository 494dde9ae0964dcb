// @ts-check
/** @import { Bell } from "/elements.js" */
/** @import { Access } from "./access.js" */
import { connect, defineTexts } from "/elements.js";
import { ConnectionPanel } from "./connection_panel.js";
import { copyTemplate, find } from "./dom.js";
import { MissedList } from "./missed_list.js";
import { Network } from "./network.js";
import { WireLog } from "./wire_log.js";

/** @typedef {"laptop" | "phone"} Form */

/** One device of the user: a bell on a network of its own, and the elements that show it. */
export class Device {
  element = copyTemplate("device");
  #name;
  #access;
  #log = new WireLog(find(this.element, ".wire", HTMLDetailsElement));
  #network = new Network((kind, text) => this.#log.add(kind, text));
  #missed = new MissedList(find(this.element, ".missed", HTMLElement));
  #panel;
  #heard = find(this.element, ".heard", HTMLElement);
  #bell;
  /** @type {(() => void)[]} */
  #stops = [];

  /**
   * @param {object} options
   * @param {string} options.name
   * @param {Form} options.form
   * @param {number} options.number tells it from all others
   * @param {Access} options.access
   * @param {() => void} options.onRemove
   */
  constructor({ name, form, number, access, onRemove }) {
    this.#name = name;
    this.#access = access;
    const { element } = this;
    element.dataset.form = form;
    element.setAttribute("aria-label", name);
    element.lang = speak(name, number);
    find(element, ".device-icon use", SVGUseElement).setAttribute("href", `#icon-${form}`);
    find(element, ".device-name", HTMLElement).textContent = name;
    const remove = find(element, ".remove", HTMLButtonElement);
    remove.setAttribute("aria-label", `Remove: ${name}`);
    remove.addEventListener("click", onRemove);
    this.#panel = new ConnectionPanel(element, {
      name,
      power: () => this.#switch(),
      kill: () => this.#network.kill(),
      stall: () => this.#network.stall(),
      retry: () => this.#bell.retry(),
    });
    // The page of an app would be left, and with it the playground.
    element.addEventListener("bellwire-open", (event) => {
      event.preventDefault();
      const { title, url } = event.detail.notification;
      this.#hear(url === undefined ? `opened “${title}”` : `opened “${title}”: ${url}`);
    });
    element.addEventListener("bellwire-action", (event) => {
      event.preventDefault();
      const { notification, action } = event.detail;
      this.#hear(`action “${action}” of “${notification.title}”`);
    });
    this.#bell = this.#connect();
  }

  /** @returns {Bell} */
  get bell() {
    return this.#bell;
  }

  /** Becomes a device that knows nothing, as for another user, and connects. */
  startOver() {
    this.close();
    this.#log.clear();
    this.#missed.clear();
    this.#heard.hidden = true;
    if (!this.#network.isOnline) this.#network.goOnline();
    this.#bell = this.#connect();
  }

  close() {
    for (const stop of this.#stops.splice(0)) stop();
    this.#panel.stop();
    this.#bell.close();
  }

  #connect() {
    const { user } = this.#access;
    const bell = connect(location.origin, {
      user,
      device: this.#name,
      getToken: () => this.#access.token(this.#network.fetch),
      shareTabs: false,
      persist: false,
      WebSocket: this.#network.WebSocket,
      fetch: this.#network.fetch,
    });
    const show = () => this.#panel.show(bell.getSnapshot(), this.#network.isOnline);
    this.#stops.push(
      bell.on("notification", (notification, { live }) => {
        if (!live) this.#missed.add(notification);
      }),
      bell.on("connection", ({ state }) => this.#missed.follow(state)),
      bell.subscribe(show),
    );
    show();
    for (const selector of /** @type {const} */ (["bellwire-bell", "bellwire-inbox"])) {
      const shown = this.element.querySelector(selector);
      if (shown !== null) shown.bell = bell;
    }
    return bell;
  }

  #switch() {
    if (this.#network.isOnline) this.#network.goOffline();
    else this.#network.goOnline();
    this.#panel.show(this.#bell.getSnapshot(), this.#network.isOnline);
    if (this.#network.isOnline) this.#bell.retry();
  }

  /** @param {string} what the app would have to handle */
  #hear(what) {
    this.#heard.hidden = false;
    this.#heard.textContent = `Your app hears: ${what}`;
    this.#log.add("note", `event: ${what}`);
  }
}

/**
 * Has the elements of a device name it, so that a screen reader tells them apart.
 *
 * @param {string} name
 * @param {number} number
 * @returns {string} the language to set
 */
function speak(name, number) {
  const lang = `en-x-device${number}`;
  defineTexts(lang, {
    bell: (unread) => `${name}: ${unread} unread`,
    arrived: (count, title) => `${name}: ${count} new. ${title}`,
  });
  return lang;
}
