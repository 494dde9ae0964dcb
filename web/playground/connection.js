// @ts-check
/** @import { Credentials } from "./credentials.js" */
/** @import { Cursor, Disconnect, ServerMessage } from "./messages.js" */
import { Alarm } from "./alarm.js";
import { backoff } from "./backoff.js";
import { CredentialsRefused } from "./credentials.js";

/**
 * How it stands with a connection.
 * @typedef {{ phase: "offline" }
 *   | { phase: "connecting" }
 *   | { phase: "catchingUp" }
 *   | { phase: "live" }
 *   | { phase: "reconnecting", reason: string, at: number }
 *   | { phase: "stopped", reason: string, code?: number }} ConnectionState
 * `at`: when the next attempt is made, in milliseconds since the epoch.
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {string} url of `/v1/stream`, with `ws:` or `wss:`
 * @property {string} device what the device is called
 * @property {() => Promise<Credentials>} credentials gets fresh ones
 * @property {() => Record<string, Cursor>} cursors where the device stands
 * @property {(messages: readonly ServerMessage[]) => boolean} onMessages takes what came in a frame;
 *   false if something before it is missing, so that the connection has to be made anew
 * @property {(state: ConnectionState) => void} onState
 * @property {(direction: "in" | "out", text: string) => void} onFrame hears of every frame; tokens
 *   are left out
 */

/** Opening a socket and being welcomed may take so long. */
const WELCOME_WITHIN_MS = 10_000;
/** A peer that is silent for this much longer than its heartbeat is gone. */
const SILENCE_MS = 15_000;
/** Close codes from here to 4999 say that coming back is of no use. */
const FINAL_CODES = 4500;

/**
 * Keeps one device connected: says hello with its cursors, answers pings, renews the token before it
 * expires, and comes back when the connection breaks, unless it was told not to.
 */
export class Connection {
  #options;
  /** @type {ConnectionState} */
  #state = { phase: "offline" };
  /** @type {WebSocket | undefined} */
  #socket;
  /** Counts attempts, so that what an earlier one was waiting for is recognised as too late. */
  #attempt = 0;
  #failures = 0;
  /** Streams that are not caught up yet. @type {Set<string>} */
  #behind = new Set();
  /** @type {Disconnect | undefined} */
  #farewell;
  #silenceMs = WELCOME_WITHIN_MS;
  #silence = new Alarm();
  #retry = new Alarm();
  #renewal = new Alarm();
  #refreshes = 0;
  #refreshedUntil = "";

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get state() {
    return this.#state;
  }

  /** Connects, at once also where it was waiting to try again. */
  goOnline() {
    if (this.#socket !== undefined || this.#state.phase === "connecting") return;
    void this.#connect();
  }

  /**
   * Asks the service for something, where there is a connection. What it answers is in the wire log.
   *
   * @param {{ type: string, [field: string]: unknown }} message
   */
  ask(message) {
    this.#send(message);
  }

  /** Loses the connection as by accident: it comes back by itself. */
  drop() {
    if (this.#socket !== undefined) this.#comeBack({ reason: "You have cut the connection" });
  }

  /** Hangs up and stays away. */
  goOffline() {
    this.#hangUp();
    this.#failures = 0;
    this.#become({ phase: "offline" });
  }

  async #connect() {
    this.#hangUp();
    const attempt = this.#attempt;
    this.#become({ phase: "connecting" });
    try {
      const credentials = await this.#options.credentials();
      if (attempt === this.#attempt) this.#open(credentials);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof CredentialsRefused) this.#stop({ reason });
      else this.#comeBack({ reason });
    }
  }

  /** @param {Credentials} credentials */
  #open({ token, expiresAt }) {
    const socket = new WebSocket(this.#options.url, "bellwire.v1");
    this.#socket = socket;
    this.#silenceMs = WELCOME_WITHIN_MS;
    this.#listen();
    let opened = false;
    socket.onopen = () => {
      opened = true;
      const { device, cursors } = this.#options;
      this.#send({ type: "hello", token, device, resume: cursors() });
      this.#renewBefore(expiresAt);
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => {
      if (opened) this.#closed(code, reason || "The connection broke");
      else this.#comeBack({ reason: "The service can't be reached" });
    };
  }

  /** @param {string} data */
  #receive(data) {
    this.#options.onFrame("in", data);
    this.#listen();
    const parsed = JSON.parse(data);
    /** @type {ServerMessage[]} */
    const messages = Array.isArray(parsed) ? parsed : [parsed];
    if (!this.#options.onMessages(messages)) {
      return this.#comeBack({ reason: "An event is missing" });
    }
    for (const message of messages) this.#heed(message);
  }

  /** @param {ServerMessage} message */
  #heed(message) {
    switch (message.type) {
      case "welcome":
        this.#silenceMs = message.heartbeatMs + SILENCE_MS;
        this.#listen();
        this.#behind = new Set(Object.keys(message.streams));
        this.#become({ phase: "catchingUp" });
        return;
      case "reset":
      case "caughtUp":
        this.#behind.delete(message.stream);
        if (this.#behind.size > 0 || this.#state.phase !== "catchingUp") return;
        this.#failures = 0;
        this.#become({ phase: "live" });
        return;
      case "ping":
        return this.#send({ type: "pong" });
      case "ok":
        if (message.ref === this.#refreshes) this.#renewBefore(this.#refreshedUntil);
        return;
      case "disconnect":
        this.#farewell = message;
    }
  }

  /** @param {{ type: string, token?: string, [field: string]: unknown }} message */
  #send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify(message));
    const shown = message.token === undefined ? message : { ...message, token: "…" };
    this.#options.onFrame("out", JSON.stringify(shown));
  }

  /**
   * The socket was closed from the other side.
   *
   * @param {number} code
   * @param {string} reason
   */
  #closed(code, reason) {
    const farewell = this.#farewell;
    if (farewell?.reconnect === false || (code >= FINAL_CODES && code < 5000)) {
      return this.#stop({ code, reason });
    }
    const { retryAfterMs } = farewell ?? {};
    this.#comeBack({ reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }

  /**
   * Waits and connects again.
   *
   * @param {{ reason: string, retryAfterMs?: number }} why with the time the service asked for
   */
  #comeBack({ reason, retryAfterMs = backoff(this.#failures) }) {
    this.#failures++;
    this.#hangUp();
    this.#become({ phase: "reconnecting", reason, at: Date.now() + retryAfterMs });
    this.#retry.set(retryAfterMs, () => void this.#connect());
  }

  /** @param {{ reason: string, code?: number }} why */
  #stop(why) {
    this.#hangUp();
    this.#become({ phase: "stopped", ...why });
  }

  /** From now on nothing of the socket, if there is one, is heeded. */
  #hangUp() {
    this.#attempt++;
    this.#farewell = undefined;
    for (const alarm of [this.#silence, this.#retry, this.#renewal]) alarm.clear();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  /** Gives the peer time until it has to say something again. */
  #listen() {
    this.#silence.set(
      this.#silenceMs,
      () => this.#comeBack({ reason: "The service has fallen silent" }),
    );
  }

  /**
   * Renews the token when three quarters of its time are over. Where that fails the service closes
   * with 4003, and coming back brings a new token too.
   *
   * @param {string} expiresAt
   */
  #renewBefore(expiresAt) {
    const attempt = this.#attempt;
    this.#renewal.set((Date.parse(expiresAt) - Date.now()) * 0.75, async () => {
      const credentials = await this.#options.credentials().catch(() => undefined);
      if (credentials === undefined || attempt !== this.#attempt) return;
      this.#refreshedUntil = credentials.expiresAt;
      this.#send({ type: "refresh", token: credentials.token, ref: ++this.#refreshes });
    });
  }

  /** @param {ConnectionState} state */
  #become(state) {
    this.#state = state;
    this.#options.onState(state);
  }
}
