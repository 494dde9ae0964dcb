// @ts-check
/** @import { ConnectionState } from "./connection.js" */
/** @import { Entry, Inbox } from "./inbox.js" */
import { Alarm } from "./alarm.js";
import { copyTemplate, find, play } from "./dom.js";
import { FrameLog } from "./frame_log.js";
import { ItemList } from "./item_list.js";

/** @type {Record<ConnectionState["phase"], string>} */
const WORDS = {
  offline: "Offline",
  connecting: "Connecting",
  catchingUp: "Catching up",
  live: "Live",
  reconnecting: "Reconnecting",
  stopped: "Stopped",
};

const COUNT_DOWN_MS = 250;

/** What is seen of one device. */
export class DeviceCard {
  /** The card itself, to be put on the page. */
  element;
  frames;
  #name;
  #items;
  #parts;
  #countdown = new Alarm();

  /**
   * @param {object} options
   * @param {string} options.name
   * @param {"laptop" | "phone"} options.form
   * @param {() => void} options.onSwitch hears of the button that takes it offline or online
   * @param {() => void} options.onRetry
   * @param {() => void} options.onCut hears of the button that breaks the connection
   * @param {(op: string, entry: Entry) => void} options.onMark
   */
  constructor({ name, form, onSwitch, onRetry, onCut, onMark }) {
    const card = this.element = copyTemplate("device");
    this.#name = name;
    card.dataset.form = form;
    card.setAttribute("aria-label", name);
    /** @param {string} selector */
    const part = (selector) => find(card, selector, HTMLElement);
    part("h2").textContent = name;
    part(".state-device").textContent = `${name}: `;
    this.#parts = {
      word: part(".state-word"),
      reason: part(".state-reason"),
      bell: part(".bell"),
      badge: part(".badge"),
      empty: part(".empty"),
      cursor: part(".cursor"),
      news: part(".news"),
      button: find(card, ".switch", HTMLButtonElement),
      retry: find(card, ".retry", HTMLButtonElement),
      cut: find(card, ".cut", HTMLButtonElement),
    };
    const list = part(".items");
    list.setAttribute("aria-label", `Notifications on ${name}`);
    this.#items = new ItemList(list);
    this.frames = new FrameLog(find(card, ".wire", HTMLDetailsElement));
    this.#parts.button.addEventListener("click", onSwitch);
    this.#parts.retry.addEventListener("click", onRetry);
    this.#parts.cut.addEventListener("click", onCut);
    this.#parts.cut.setAttribute("aria-label", `Cut the connection: ${name}`);
    list.addEventListener("click", ({ target }) => {
      const mark = target instanceof Element ? target.closest("button") : null;
      const entry = this.#items.entryOf(mark);
      if (entry !== undefined) onMark(mark?.value ?? "", entry);
    });
  }

  /** @param {ConnectionState} state */
  showState(state) {
    const { phase } = state;
    const { word, reason, button, retry, cut } = this.#parts;
    cut.hidden = phase !== "live";
    this.#countdown.clear();
    this.element.dataset.phase = phase;
    word.textContent = WORDS[phase];
    reason.hidden = true;
    if (phase === "reconnecting") this.#countDown(state);
    if (phase === "stopped") {
      reason.hidden = false;
      reason.textContent = state.code === undefined
        ? state.reason
        : `${state.reason} (code ${state.code})`;
    }
    const away = phase === "offline" || phase === "stopped";
    button.textContent = away ? "Go online" : "Go offline";
    button.setAttribute("aria-label", `${button.textContent}: ${this.#name}`);
    button.classList.toggle("button-primary", away);
    retry.hidden = phase !== "reconnecting";
  }

  /**
   * @param {Inbox} inbox
   * @param {readonly Entry[]} [arrived] what is new in it: it rings
   */
  showInbox(inbox, arrived = []) {
    const { bell, badge, empty, cursor } = this.#parts;
    const { unread } = inbox.counts;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    badge.hidden = unread === 0;
    bell.setAttribute("aria-label", `${unread} unread on ${this.#name}`);
    const { entries, cursors: { user } } = inbox;
    empty.hidden = entries.length > 0;
    cursor.textContent = user === undefined ? "no cursor yet" : `cursor ${user.seq}`;
    cursor.title = user === undefined ? "" : `Epoch ${user.epoch}: resumes after event ${user.seq}`;
    this.#items.show(entries, new Set(arrived.map(({ key }) => key)));
    if (arrived.length > 0) this.#ring(arrived);
  }

  /** @param {readonly Entry[]} arrived */
  #ring(arrived) {
    const { bell, news } = this.#parts;
    play(bell, "is-ringing");
    const missed = arrived.filter((entry) => entry.missed).length;
    const newest = arrived.at(-1)?.item.title ?? "";
    const what = missed > 0 ? `${missed} missed` : `${arrived.length} new`;
    news.textContent = `${this.#name}: ${what}. ${newest}`;
  }

  /** @param {Extract<ConnectionState, { phase: "reconnecting" }>} state */
  #countDown(state) {
    const { reason } = this.#parts;
    const seconds = Math.ceil((state.at - Date.now()) / 1000);
    reason.hidden = false;
    reason.textContent = seconds > 1
      ? `${state.reason} – next attempt in ${seconds} s`
      : `${state.reason} – next attempt now`;
    this.#countdown.set(COUNT_DOWN_MS, () => this.#countDown(state));
  }
}
