// @ts-check
/** @import { Connection, Snapshot } from "/elements.js" */
import { find } from "./dom.js";

/** @type {Record<Connection["state"], string>} */
const WORDS = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  offline: "Offline",
  closed: "Stopped",
};
const COUNT_DOWN_MS = 250;

/** How it stands with a device's connection, the counts, and the faults that one can make. */
export class ConnectionPanel {
  #card;
  #parts;
  #name;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #countdown;

  /**
   * @param {HTMLElement} card
   * @param {object} options
   * @param {string} options.name of the device
   * @param {() => void} options.power takes it off the network, and puts it on again
   * @param {() => void} options.kill
   * @param {() => void} options.stall
   * @param {() => void} options.retry
   */
  constructor(card, { name, ...commands }) {
    this.#card = card;
    this.#name = name;
    /** @param {keyof typeof commands} command */
    const button = (command) => {
      const found = find(card, `.${command}`, HTMLButtonElement);
      found.setAttribute("aria-label", `${found.textContent}: ${name}`);
      found.addEventListener("click", commands[command]);
      return found;
    };
    this.#parts = {
      word: find(card, ".state-word", HTMLElement),
      reason: find(card, ".reason", HTMLElement),
      counts: find(card, ".counts", HTMLElement),
      power: button("power"),
      kill: button("kill"),
      stall: button("stall"),
      retry: button("retry"),
    };
    find(card, ".state-device", HTMLElement).textContent = `${name}: `;
  }

  /**
   * @param {Snapshot} snapshot
   * @param {boolean} isOnline whether the device is on the network
   */
  show({ connection, counts }, isOnline) {
    const { word, power, kill, stall, retry } = this.#parts;
    const state = isOnline || connection.state === "closed" ? connection.state : "offline";
    this.#card.dataset.state = state;
    setText(word, WORDS[state]);
    setText(this.#parts.counts, `${counts.unread} unread · ${counts.unseen} unseen`);
    setText(power, isOnline ? "Go offline" : "Go online");
    power.setAttribute("aria-label", `${power.textContent}: ${this.#name}`);
    kill.disabled = stall.disabled = !isOnline || state === "closed";
    const canRetry = isOnline && (state === "reconnecting" || state === "closed");
    if (!canRetry && document.activeElement === retry) power.focus();
    retry.hidden = !canRetry;
    this.#tellReason(connection, isOnline);
  }

  /** Counts down no more. */
  stop() {
    clearTimeout(this.#countdown);
  }

  /**
   * @param {Connection} connection
   * @param {boolean} isOnline
   */
  #tellReason(connection, isOnline) {
    clearTimeout(this.#countdown);
    const { reason } = this.#parts;
    const text = isOnline ? reasonOf(connection) : "Taken off the network; it keeps what it has";
    reason.hidden = text === "";
    setText(reason, text);
    if (!isOnline || connection.state !== "reconnecting") return;
    this.#countdown = setTimeout(() => this.#tellReason(connection, isOnline), COUNT_DOWN_MS);
  }
}

/** @param {Connection} connection */
function reasonOf({ reason, retryAt, error }) {
  if (reason === undefined) return "";
  if (error?.closeCode !== undefined) return `${reason} (code ${error.closeCode})`;
  if (retryAt === undefined) return reason;
  const seconds = Math.ceil((retryAt - Date.now()) / 1000);
  return `${reason} – next attempt ${seconds > 1 ? `in ${seconds} s` : "now"}`;
}

/**
 * Leaves alone what is as wanted: a screen reader would say it once more.
 *
 * @param {Element} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
