import { pause, systemClock } from "../../../src/clock.ts";
import { type Cursor, type DeviceItem, DeviceModel } from "./device_model.ts";
import { type Ended, RawSocket, type ServerMessage } from "../../drivers/raw_socket.ts";
import type { Service } from "../../drivers/service.ts";

/** How a device roams. */
export interface RoamingOptions {
  /** Where in the list of instances it begins. */
  readonly first?: number;
  /** Waits through any silence until the connection itself ends, as a client without a timer would. */
  readonly patient?: boolean;
}

const UPGRADE_MS = 5_000;
/** Back-off with full jitter: at most so long after the first failure, doubled with each, up to … */
const BACK_OFF_MS = 200;
const BACK_OFF_MAX_MS = 2_000;
/** Silence that is longer than a heartbeat by so much means that the connection is dead. */
const HEARTBEAT_SLACK_MS = 3_000;
const LISTEN_MS = 500;

/**
 * A device that looks after itself as the protocol tells clients to: whenever its connection ends, it
 * goes on at another instance from its cursor, after a back-off with jitter and not before
 * `retryAfterMs`. What it is not told by the protocol, such as who was killed, it does not know.
 */
export class RoamingDevice implements AsyncDisposable {
  readonly user: string;
  /** How often it was welcomed. */
  connections = 0;
  /** How many connections ended with which close code; 1006 stands for none. */
  readonly ends = new Map<number, number>();
  readonly #instances: readonly Service[];
  readonly #patient: boolean;
  readonly #model = new DeviceModel();
  readonly #stopped = new AbortController();
  readonly #over: Promise<void>;
  #at: number;
  #socket: RawSocket | undefined;
  #heard = 0;
  #heartbeatMs = UPGRADE_MS;
  #violation: unknown;

  /** Begins at once. */
  constructor(
    user: string,
    instances: readonly Service[],
    { first = 0, patient = false }: RoamingOptions = {},
  ) {
    this.user = user;
    this.#instances = instances;
    this.#at = first % instances.length;
    this.#patient = patient;
    this.#over = this.#roam();
  }

  get cursor(): Cursor | undefined {
    return this.#model.cursor;
  }

  /** Newest first. */
  get items(): readonly DeviceItem[] {
    return this.#model.list();
  }

  /** Every notification that came over all connections, resets left out, in order. */
  get notified(): readonly { seq: number; id: string; live: boolean }[] {
    return this.#model.notified;
  }

  get counts(): { readonly unread: number; readonly unseen: number } {
    return this.#model.counts;
  }

  /**
   * Whether it is connected and has everything up to this event.
   *
   * @throws what the server did wrong, if it did
   */
  has(seq: number): boolean {
    this.check();
    return this.#socket?.isOpen === true && this.#model.isLive && (this.cursor?.seq ?? -1) >= seq;
  }

  /** Throws what the server did wrong, if it did. */
  check(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  /** Stops to read, if it is connected. */
  pause(): void {
    this.#socket?.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket?.resume();
  }

  /** Loses its connection without a word, if it has one; it comes back by itself. */
  async drop(): Promise<void> {
    await this.#socket?.drop();
  }

  /** Says goodbye for good. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#socket?.drop();
    await this.#over;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #roam(): Promise<void> {
    const { signal } = this.#stopped;
    for (let failures = 0; !signal.aborted; failures++) {
      const retryAfterMs = await this.#connection(() => failures = 0);
      if (signal.aborted || this.#violation !== undefined) return;
      const backOff = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** failures);
      this.#moveOn();
      // Stopping ends the wait.
      await pause(systemClock, retryAfterMs + Math.random() * backOff, signal).catch(() => {});
    }
  }

  /** Any other instance, so that those of one that died spread over all that are left. */
  #moveOn(): void {
    const { length } = this.#instances;
    if (length > 1) this.#at = (this.#at + 1 + Math.floor(Math.random() * (length - 1))) % length;
  }

  /** Lives through one connection; gives for how many milliseconds it was told to stay away. */
  async #connection(succeeded: () => void): Promise<number> {
    const service = this.#instances[this.#at] as Service;
    const headers = { authorization: `Bearer ${await service.token(this.user)}` };
    const { streamUrl } = service;
    let socket: RawSocket;
    try {
      socket = await RawSocket.open(streamUrl, {
        protocols: ["bellwire.v1"],
        headers,
        ms: UPGRADE_MS,
      });
    } catch {
      return 0;
    }
    if (this.#stopped.signal.aborted) {
      await socket.drop();
      return 0;
    }
    this.#model.connecting();
    this.#socket = socket;
    this.#heard = performance.now();
    socket.onMessage = (message) => {
      this.#take(socket, message);
      if (this.#model.isLive) succeeded();
    };
    const resume = this.cursor === undefined ? {} : { resume: { user: this.cursor } };
    await socket.send({ type: "hello", ...resume });
    const { code } = await this.#end(socket);
    this.#socket = undefined;
    this.ends.set(code, (this.ends.get(code) ?? 0) + 1);
    if (code >= 4500) this.#violation ??= new Error(`${this.user} was told to stay away: ${code}`);
    return socket.messages.findLast(({ type }) => type === "disconnect")?.["retryAfterMs"] ?? 0;
  }

  async #end(socket: RawSocket): Promise<Ended> {
    if (this.#patient) return await socket.ended;
    const timer = setInterval(() => {
      if (performance.now() - this.#heard > this.#heartbeatMs + HEARTBEAT_SLACK_MS) {
        void socket.drop();
      }
    }, LISTEN_MS);
    try {
      return await socket.ended;
    } finally {
      clearInterval(timer);
    }
  }

  #take(socket: RawSocket, message: ServerMessage): void {
    this.#heard = performance.now();
    if (message.type === "ping") void socket.send({ type: "pong" });
    if (message.type === "welcome") {
      this.connections++;
      this.#heartbeatMs = message["heartbeatMs"];
    }
    try {
      DeviceModel.checkFrame(socket.frames.at(-1) as number);
      this.#model.take(message);
    } catch (error) {
      this.#violation ??= error;
    }
  }
}
