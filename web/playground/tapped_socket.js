// @ts-check
/** @import { Line } from "./line.js" */
/** @import { Tap } from "./network.js" */

/** What a browser says of a connection that broke off without a close frame. */
const BROKEN = { code: 1006, reason: "" };

/** The browser's own WebSocket, as far as the client needs it, on a line that can fail. */
export class TappedSocket {
  /** @type {((event: any) => void) | null} */
  onopen = null;
  /** @type {((event: any) => void) | null} */
  onmessage = null;
  /** @type {((event: any) => void) | null} */
  onclose = null;
  /** @type {((event: any) => void) | null} */
  onerror = null;
  #socket;
  #line;
  #tap;

  /**
   * @param {string} url
   * @param {string | string[] | undefined} protocols
   * @param {Line} line
   * @param {Tap} tap
   */
  constructor(url, protocols, line, tap) {
    const socket = this.#socket = new WebSocket(url, protocols);
    this.#line = line;
    this.#tap = tap;
    const cut = () => this.#break();
    line.signal.addEventListener("abort", cut, { once: true });
    socket.onopen = (event) => {
      tap("note", `WebSocket open, ${socket.protocol}`);
      this.onopen?.(event);
    };
    socket.onmessage = (event) => {
      if (line.isStalled) return;
      tap("in", event.data);
      this.onmessage?.(event);
    };
    socket.onerror = (event) => this.onerror?.(event);
    socket.onclose = (event) => {
      line.signal.removeEventListener("abort", cut);
      // Nor would the service's giving up get through.
      if (line.isStalled) return;
      tap("note", `WebSocket closed, ${event.code} ${event.reason}`);
      this.onclose?.(event);
    };
  }

  /** @param {string} data */
  send(data) {
    if (this.#line.isStalled) return;
    // A hello and a refresh have the token; nobody should read it over a shoulder.
    this.#tap("out", data.replace(/"token":"[^"]*"/, '"token":"…"'));
    this.#socket.send(data);
  }

  /** @param {number} [code] */
  close(code) {
    this.#socket.close(code);
  }

  #break() {
    const socket = this.#socket;
    for (const name of /** @type {const} */ (["onopen", "onmessage", "onerror", "onclose"])) {
      socket[name] = null;
    }
    socket.close();
    this.onclose?.(BROKEN);
  }
}
