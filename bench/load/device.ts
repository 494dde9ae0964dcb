import type { Cursor, Cursors, Dialect, Ear } from "./dialect.ts";
import { RawWebSocket } from "./web_socket.ts";

/** How a device connects. */
export interface DeviceOptions {
  readonly port: number;
  readonly dialect: Dialect;
  readonly token: string;
  /** Where it left off, if it was connected before. */
  readonly resume?: Cursors | undefined;
  /** Hears the publisher's number of each notification as it arrives. */
  readonly onEvent?: (n: number) => void;
  /** Hears how many are unread since something was read. */
  readonly onChange?: (unread: number) => void;
  /** Called where the server hangs up after the device was ready, which is a failure otherwise. */
  readonly onGone?: () => void;
}

/** One connected device, which checks that each event is the next one. */
export class Device implements Ear {
  readonly token: string;
  resume: Cursors;
  /** Notifications that arrived. */
  received = 0;
  /** Numbers of a stream that were skipped. */
  skipped = 0;
  /** Events whose number had arrived before. */
  twice = 0;

  readonly #options: DeviceOptions;
  #ready = Promise.withResolvers<void>();
  #isReady = false;
  readonly #cursors: Map<string, Cursor>;
  /** By stream, since the last welcome. */
  #epochs: Readonly<Record<string, string>> = {};
  /** Streams that it has to catch up with before it is ready. */
  #behind = new Set<string>();
  #socket: RawWebSocket | undefined;
  #failure: Error | undefined;

  private constructor(options: DeviceOptions) {
    this.token = options.token;
    this.resume = options.resume ?? new Map();
    this.#cursors = new Map(this.resume);
    this.#options = options;
  }

  /** Connects, and resolves once the device has everything that it missed. */
  static async connect(options: DeviceOptions): Promise<Device> {
    const device = new Device(options);
    await device.#connect(options.port);
    return device;
  }

  /**
   * Connects again, there or elsewhere, after one side has hung up, and resolves once the device has what
   * it missed; where that fails it can be tried again.
   */
  async reconnect(port: number): Promise<void> {
    this.resume = new Map(this.#cursors);
    this.#ready = Promise.withResolvers();
    this.#isReady = false;
    this.#failure = undefined;
    await this.#connect(port);
  }

  /** The last event that arrived of each stream; none where the server does not number. */
  get cursors(): Cursors {
    return this.#cursors;
  }

  welcomed(epochs: Readonly<Record<string, string>>): void {
    this.#epochs = epochs;
    this.#behind = new Set(Object.keys(epochs));
    this.#lookWhetherReady();
  }

  caughtUp(stream: string, seq: number): void {
    const cursor = this.#cursors.get(stream);
    if (cursor !== undefined) this.skipped += Math.max(0, seq - cursor.seq);
    this.reset(stream, { epoch: this.#epochs[stream] ?? "", seq });
  }

  reset(stream: string, cursor: Cursor): void {
    this.#cursors.set(stream, cursor);
    this.#behind.delete(stream);
    this.#lookWhetherReady();
  }

  event(n: number, at?: { stream: string; seq: number }): void {
    this.received++;
    if (at !== undefined) this.#advance(at);
    this.#options.onEvent?.(n);
  }

  changed(at: { stream: string; seq: number }, unread: number): void {
    this.#advance(at);
    this.#options.onChange?.(unread);
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

  say(text: string): void {
    this.#socket?.send(text);
  }

  /** Hangs up without a word. */
  drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.drop();
  }

  #lookWhetherReady(): void {
    if (this.#isReady || this.#behind.size > 0) return;
    this.#isReady = true;
    this.#ready.resolve();
  }

  #advance({ stream, seq }: { stream: string; seq: number }): void {
    const cursor = this.#cursors.get(stream);
    if (cursor === undefined) return;
    if (seq <= cursor.seq) {
      this.twice++;
      return;
    }
    this.skipped += seq - cursor.seq - 1;
    this.#cursors.set(stream, { epoch: cursor.epoch, seq });
  }

  async #connect(port: number): Promise<void> {
    const { dialect } = this.#options;
    const socket = await RawWebSocket.open({
      port,
      ...dialect.upgrade(this.token),
      onMessage: (payload) => {
        const answer = dialect.hear(payload, this);
        if (answer !== undefined) socket.send(answer);
      },
      onClose: (code) => this.#hungUp(socket, code),
    });
    this.#socket = socket;
    socket.listen();
    const opening = dialect.opening(this);
    if (opening !== undefined) socket.send(opening);
    await this.#ready.promise;
  }

  #hungUp(socket: RawWebSocket, code: number | undefined): void {
    if (this.#socket !== socket) return;
    if (this.#isReady && this.#options.onGone !== undefined) this.#options.onGone();
    else this.refused(`closed with ${code ?? "no code"}`);
  }
}
