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
}

/** One connected device, which checks that each event is the next one. */
export class Device implements Ear {
  readonly token: string;
  readonly resume: Cursor | undefined;
  /** Notifications that arrived. */
  received = 0;
  /** Numbers of the stream that were skipped. */
  skipped = 0;
  /** Events whose number had arrived before. */
  twice = 0;

  readonly #onEvent: ((n: number) => void) | undefined;
  readonly #ready = Promise.withResolvers<void>();
  #cursor: Cursor | undefined;
  #socket: RawWebSocket | undefined;
  #failure: Error | undefined;
  #dropped = false;

  private constructor({ token, resume, onEvent }: DeviceOptions) {
    this.token = token;
    this.resume = resume;
    this.#cursor = resume;
    this.#onEvent = onEvent;
  }

  /** Connects, and resolves once the device has everything that it missed. */
  static async connect(options: DeviceOptions): Promise<Device> {
    const { port, dialect, token } = options;
    const device = new Device(options);
    const socket = await RawWebSocket.open({
      port,
      ...dialect.upgrade(token),
      onMessage: (payload) => {
        const answer = dialect.hear(payload, device);
        if (answer !== undefined) device.#socket?.send(answer);
      },
      onClose: (code) => {
        if (!device.#dropped) device.refused(`closed with ${code ?? "no code"}`);
      },
    });
    device.#socket = socket;
    socket.listen();
    const opening = dialect.opening(device);
    if (opening !== undefined) socket.send(opening);
    await device.#ready.promise;
    return device;
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
    this.#onEvent?.(n);
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
}
