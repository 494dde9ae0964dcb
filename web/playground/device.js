// @ts-check
/** @import { Credentials } from "./credentials.js" */
/** @import { Entry } from "./inbox.js" */
/** @import { ServerMessage } from "./messages.js" */
import { Connection } from "./connection.js";
import { DeviceCard } from "./device_card.js";
import { Inbox } from "./inbox.js";

/** One device of a user: what it shows, what it knows and how it is connected. */
export class Device {
  #inbox = new Inbox();
  #card;
  #connection;

  /**
   * @param {object} options
   * @param {string} options.name
   * @param {"laptop" | "phone"} options.form
   * @param {string} options.url of the stream
   * @param {() => Promise<Credentials>} options.credentials
   */
  constructor({ name, form, url, credentials }) {
    this.#card = new DeviceCard({
      name,
      form,
      onSwitch: () => this.#switch(),
      onRetry: () => this.#connection.goOnline(),
      onCut: () => this.#connection.drop(),
      onMark: (op, { stream, seq }) =>
        this.#connection.ask({ type: "mark", op, stream, items: [seq] }),
    });
    this.#connection = new Connection({
      url,
      device: name,
      credentials,
      cursors: () => this.#inbox.cursors,
      onMessages: (messages) => this.#take(messages),
      onState: (state) => this.#card.showState(state),
      onFrame: (direction, text) => this.#card.frames.add(direction, text),
    });
    this.#card.showState(this.#connection.state);
    this.#card.showInbox(this.#inbox);
  }

  get element() {
    return this.#card.element;
  }

  goOnline() {
    this.#connection.goOnline();
  }

  get isLive() {
    return this.#connection.state.phase === "live";
  }

  /**
   * Has the user join a topic, or leave it; the other devices hear of it.
   *
   * @param {"subscribe" | "unsubscribe"} type
   * @param {string} topic
   */
  follow(type, topic) {
    this.#connection.ask({ type, topic });
  }

  /** Becomes a device that knows nothing, as for another user, and connects. */
  startOver() {
    this.#connection.goOffline();
    this.#inbox = new Inbox();
    this.#card.frames.clear();
    this.#card.showInbox(this.#inbox);
    this.#connection.goOnline();
  }

  #switch() {
    const { phase } = this.#connection.state;
    if (phase === "offline" || phase === "stopped") this.#connection.goOnline();
    else this.#connection.goOffline();
  }

  /**
   * @param {readonly ServerMessage[]} messages
   * @returns {boolean} false if an event is missing
   */
  #take(messages) {
    /** @type {Entry[]} */
    const arrived = [];
    let complete = true;
    for (const message of messages) {
      const applied = this.#inbox.apply(message);
      arrived.push(...applied.arrived);
      if (applied.hole) {
        complete = false;
        break;
      }
    }
    this.#card.showInbox(this.#inbox, arrived);
    return complete;
  }
}
