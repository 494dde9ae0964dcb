import type { Cursor, Dialect, Ear } from "./dialect.ts";
import { RawWebSocket } from "./web_socket.ts";

/** How a device connects. */
export interface DeviceOptions {
  readonly port: number;
  readonly dialect: Dialect;
  readonly token: string;
  /** Where it left off, if it was connected before. */
  readonly resume?: Cursor | undefined;
  /** Hears the publisher's number of each notification as it arrives. */
  readonly onEvent?: (n: number) => void;
  /** Called where the server hangs up after the device was ready, which is a failure otherwise. */
  readonly onGone?: () => void;
}

/** One connected device, which checks that each event is the next one. */
export class Device implements Ear {
  readonly token: string;
  resume: Cursor | undefined;
  /** Notifications that arrived. */
  received = 0;
  /** Numbers of the stream that were skipped. */
  skipped = 0;
  /** Events whose number had arrived before. */
  twice = 0;

  readonly #options: DeviceOptions;
  #ready = Promise.withResolvers<void>();
  #isReady = false;
  #cursor: Cursor | undefined;
  #socket: RawWebSocket | undefined;
  #failure: Error | undefined;
  #dropped = false;

  private constructor(options: DeviceOptions) {
    this.token = options.token;
    this.resume = options.resume;
    this.#cursor = options.resume;
    this.#options = options;
  }

  /** Connects, and resolves once the device has everything that it missed. */
  static async connect(options: DeviceOptions): Promise<Device> {
    const device = new Device(options);
    await device.#connect(options.port);
    return device;
  }

  /**
   * Connects again, there or elsewhere, after the server has hung up, and resolves once the device has
   * what it missed; where that fails it can be tried again.
   */
  async reconnect(port: number): Promise<void> {
    this.resume = this.#cursor;
    this.#ready = Promise.withResolvers();
    this.#isReady = false;
    this.#failure = undefined;
    await this.#connect(port);
  }

  /** The last event that arrived; `undefined` where the server does not number. */
  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  ready(cursor: Cursor | undefined): void {
    if (cursor !== undefined) {
      if (this.resume !== undefined && this.#cursor !== undefined) {
        this.skipped += Math.max(0, cursor.seq - this.#cursor.seq);
      }
      this.#cursor = cursor;
    }
    this.#isReady = true;
    this.#ready.resolve();
  }

  event(n: number, seq: number | undefined): void {
    this.received++;
    const cursor = this.#cursor;
    if (seq !== undefined && cursor !== undefined) {
      if (seq <= cursor.seq) {
        this.twice++;
      } else {
        this.skipped += seq - cursor.seq - 1;
        this.#cursor = { epoch: cursor.epoch, seq };
      }
    }
    this.#options.onEvent?.(n);
  }

  refused(reason: string): void {
    const error = new Error(`A device was refused: ${reason}`);
    // Whoever waits for it to be ready hears it; later it must not go unnoticed either.
    this.#ready.reject(error);
    this.#failure ??= error;
  }

  /** Throws if the server refused something or hung up since the device was ready. */
  assertAlive(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Hangs up without a word. */
  drop(): void {
    this.#dropped = true;
    this.#socket?.drop();
  }

  async #connect(port: number): Promise<void> {
    const { dialect } = this.#options;
    const socket = await RawWebSocket.open({
      port,
      ...dialect.upgrade(this.token),
      onMessage: (payload) => {
        const answer = dialect.hear(payload, this);
        if (answer !== undefined) this.#socket?.send(answer);
      },
      onClose: (code) => this.#hungUp(code),
    });
    this.#socket = socket;
    socket.listen();
    const opening = dialect.opening(this);
    if (opening !== undefined) socket.send(opening);
    await this.#ready.promise;
  }

  #hungUp(code: number | undefined): void {
    if (this.#dropped) return;
    if (this.#isReady && this.#options.onGone !== undefined) this.#options.onGone();
    else this.refused(`closed with ${code ?? "no code"}`);
  }
}
