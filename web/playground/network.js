// @ts-check
import { Line } from "./line.js";
import { TappedSocket } from "./tapped_socket.js";

/**
 * Hears of all that goes over a device's network: frames that came `in` or went `out`, without
 * tokens, and what else is worth a `note`.
 * @typedef {(kind: "in" | "out" | "note", text: string) => void} Tap
 */

/**
 * The network of one device, to be handed to `connect()`: the browser's own `WebSocket` and `fetch`,
 * overheard, and with the faults that a network has.
 */
export class Network {
  /** @type {new (url: string, protocols?: string | string[]) => TappedSocket} */
  WebSocket;
  #tap;
  /** @type {Line | undefined} */
  #line = new Line();
  /** On them nobody knows yet that all is lost. @type {Line[]} */
  #stalled = [];

  /** @param {Tap} tap */
  constructor(tap) {
    this.#tap = tap;
    const plugIn = () => this.#plugIn();
    this.WebSocket = class extends TappedSocket {
      /**
       * @param {string} url
       * @param {string | string[]} [protocols]
       */
      constructor(url, protocols) {
        super(url, protocols, plugIn(), tap);
      }
    };
  }

  get isOnline() {
    return this.#line !== undefined;
  }

  /** What is open breaks, and nothing new gets through. */
  goOffline() {
    this.#tap("note", "Off the network");
    this.#replaceLine(undefined);
  }

  goOnline() {
    this.#tap("note", "On the network again");
    this.#line = new Line();
  }

  /** What is open breaks without a close frame; a new connection may be made at once. */
  kill() {
    this.#tap("note", "Connection killed");
    this.#replaceLine(new Line());
  }

  /** What is open goes silent, and neither end is told: only a heartbeat finds out. */
  stall() {
    this.#tap("note", "Connection stalled: nothing gets through, and nobody is told");
    if (this.#line === undefined) return;
    this.#line.stall();
    this.#stalled.push(this.#line);
    this.#line = new Line();
  }

  /** @type {typeof fetch} */
  fetch = async (input, init = {}) => {
    const line = this.#plugIn();
    const signal = AbortSignal.any([line.signal, ...init.signal ? [init.signal] : []]);
    const call = `${init.method ?? "GET"} ${new URL(String(input), location.href).pathname}`;
    const response = await fetch(input, { ...init, signal }).catch((error) => {
      this.#tap("note", `${call}: no answer`);
      throw error;
    });
    this.#tap("note", `${call}: ${response.status}`);
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (!isStream || response.body === null) return response;
    return new Response(response.body.pipeThrough(this.#overhear(line)), response);
  };

  /**
   * The line that a new connection goes over.
   *
   * @throws {TypeError} while the device is off the network, as browsers do
   */
  #plugIn() {
    if (this.#line === undefined) throw new TypeError("The device is off the network");
    return this.#line;
  }

  /** @param {Line | undefined} line */
  #replaceLine(line) {
    const broken = [this.#line, ...this.#stalled];
    this.#line = line;
    this.#stalled = [];
    for (const line of broken) line?.cut();
  }

  /**
   * Passes server-sent events on.
   *
   * @param {Line} line
   * @returns {TransformStream<Uint8Array, Uint8Array>}
   */
  #overhear(line) {
    const decoder = new TextDecoder();
    let text = "";
    return new TransformStream({
      transform: (chunk, controller) => {
        if (line.isStalled) return;
        const blocks = (text + decoder.decode(chunk, { stream: true })).split("\n\n");
        text = blocks.pop() ?? "";
        for (const [, data = ""] of blocks.join("\n").matchAll(/^data: (.*)$/gm)) {
          this.#tap("in", data);
        }
        controller.enqueue(chunk);
      },
    });
  }
}
