import assert from "node:assert/strict";
import { type Cursor, type DeviceItem, DeviceModel } from "../simulation/support/device_model.ts";
import { type Encoding, spoken } from "./encoding.ts";
import { type Ended, RawSocket, type ServerMessage } from "./raw_socket.ts";
import type { Service } from "./service.ts";
import type { TokenWishes } from "./user_token.ts";

/** How a device connects. */
export interface DeviceOptions {
  /** What carries the token; `header` unless told otherwise. */
  readonly by?: "header" | "subprotocol" | "hello";
  /** The token to use instead of a fresh one. */
  readonly token?: string;
  readonly wishes?: TokenWishes;
  /** Does not answer pings. */
  readonly mute?: boolean;
  /** What all devices of the test file speak, unless given. */
  readonly encoding?: Encoding;
}

/** Where a device connects: an instance, or the proxy in front of several. */
export type DeviceHost = Pick<Service, "streamUrl" | "caCert" | "token" | "inbox">;

/**
 * A user's device: it connects, says hello with its cursor, and follows what comes. Whatever breaks a
 * rule of the protocol fails the next thing that is waited for.
 *
 * @example
 * ```ts
 * await using device = await Device.connect(service, "ada");
 * await service.published({ to: { user: "ada" }, title: "Hello" });
 * await device.until(() => device.items.length === 1, "the notification");
 * ```
 */
export class Device implements AsyncDisposable {
  readonly user: string;
  #service: DeviceHost;
  readonly #options: DeviceOptions;
  readonly #encoding: Encoding;
  readonly #model = new DeviceModel();
  #socket!: RawSocket;
  #violation: unknown;
  #frames = 0;
  #requests = 0;

  /** A device that has not connected yet. */
  constructor(service: DeviceHost, user: string, options: DeviceOptions = {}) {
    this.#service = service;
    this.user = user;
    this.#options = options;
    this.#encoding = options.encoding ?? spoken();
  }

  /** A new device that is connected and up to date. */
  static async connect(
    service: DeviceHost,
    user: string,
    options: DeviceOptions = {},
  ): Promise<Device> {
    const device = new Device(service, user, options);
    await device.connect();
    return device;
  }

  /** Connects, again maybe, from where it stands; resolves when it is up to date. */
  async connect(): Promise<void> {
    await this.open();
    await this.until(() => this.#model.isLive, `${this.user} to be up to date`);
  }

  /** From now on it connects to another instance. */
  moveTo(service: DeviceHost): void {
    this.#service = service;
  }

  /** Connects and says hello, no more. */
  async open({ resume }: { resume?: Cursor | undefined } = {}): Promise<void> {
    const { by = "header", mute = false } = this.#options;
    const token = this.#options.token ??
      await this.#service.token(this.user, this.#options.wishes);
    this.#model.connecting();
    this.#frames = 0;
    this.#socket = await RawSocket.open(this.#service.streamUrl, {
      protocols: [this.#encoding, ...(by === "subprotocol" ? [`bearer.${token}`] : [])],
      headers: by === "header" ? { authorization: `Bearer ${token}` } : {},
      caCert: this.#service.caCert,
    });
    this.#socket.onMessage = (message) => {
      if (message.type === "ping" && !mute) void this.send({ type: "pong" });
      this.#follow(message);
    };
    await this.send({
      type: "hello",
      ...(by === "hello" ? { token } : {}),
      resume: resume === undefined ? this.#model.cursors : { user: resume },
    });
  }

  /** Of this connection. */
  get messages(): readonly ServerMessage[] {
    return this.#socket.messages;
  }

  /** Items of a topic, newest first. */
  of(topic: string): readonly DeviceItem[] {
    return this.#model.streams.get(`topic:${topic}`)?.list() ?? [];
  }

  /** The streams that it follows. */
  get streams(): readonly string[] {
    return [...this.#model.streams.keys()].sort();
  }

  get cursor(): Cursor | undefined {
    return this.#model.cursor;
  }

  /** Newest first. */
  get items(): readonly DeviceItem[] {
    return this.#model.list();
  }

  get counts(): { readonly unread: number; readonly unseen: number } {
    return this.#model.counts;
  }

  /** Every notification that came over all connections, resets left out, in order. */
  get notified(): readonly { seq: number; id: string; live: boolean }[] {
    return this.#model.notified;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** How this connection ended, once it has. */
  get ended(): Promise<Ended> {
    return this.#socket.ended;
  }

  /** Sends a message, or a frame as it is. */
  send(data: unknown): Promise<void> {
    return this.#socket.send(data);
  }

  /** Asks for something; resolves with the answer, `ok` or `error`. */
  async request(message: Record<string, unknown>): Promise<ServerMessage> {
    const ref = `r${++this.#requests}`;
    await this.send({ ...message, ref });
    return await this.message((answer) => answer["ref"] === ref);
  }

  /** Asks for something that has to be carried out. */
  async ask(message: Record<string, unknown>): Promise<void> {
    const { type, code, message: reason } = await this.request(message);
    assert.equal(type, "ok", `${message["type"]}: ${code} ${reason}`);
  }

  /** Waits until something holds, which is looked at whenever a message arrives. */
  async until(holds: () => boolean, what: string, ms?: number): Promise<void> {
    await this.#socket.until(
      () => {
        this.check();
        return holds();
      },
      what,
      ms,
    );
  }

  /** Waits until it has everything up to this event. */
  async reaches(seq: number, ms?: number): Promise<void> {
    await this.until(
      () => this.#model.isLive && (this.cursor?.seq ?? 0) >= seq,
      `event ${seq} on a device of ${this.user}, which has ${this.cursor?.seq}`,
      ms,
    );
  }

  /** Waits for a message of this connection. */
  async message(
    matches: string | ((message: ServerMessage) => boolean),
    options?: { from?: number; ms?: number },
  ): Promise<ServerMessage> {
    const message = await this.#socket.message(matches, options);
    this.check();
    return message;
  }

  /** Waits for the server to close. */
  closedByServer(ms?: number): Promise<Ended & { disconnect: ServerMessage | undefined }> {
    return this.#socket.closedByServer(ms);
  }

  /** Throws what the server did wrong, if it did. */
  check(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  /** Compares it with what `GET /v1/inbox` says. */
  async equalsInbox(): Promise<void> {
    const inbox = await this.#service.inbox(this.user, {}, this.#options.wishes);
    const shown = [...this.#model.streams].flatMap(([stream, model]) =>
      model.list().map((item) => ({ stream, ...item }))
    );
    const byPlace = (items: readonly Record<string, unknown>[]) =>
      Object.fromEntries(items.map((item) => [`${item["stream"]} ${item["seq"]}`, item]));
    assert.deepEqual(byPlace(shown), byPlace(inbox));
  }

  /** Stops to read. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Vanishes without a word. */
  drop(): Promise<void> {
    return this.#socket.drop();
  }

  /** Says goodbye. */
  close(): Promise<void> {
    return this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket.drop();
    this.check();
  }

  #follow(message: ServerMessage): void {
    try {
      for (; this.#frames < this.#socket.frames.length; this.#frames++) {
        DeviceModel.checkFrame(this.#socket.frames[this.#frames] as number);
      }
      this.#model.take(message);
    } catch (error) {
      this.#violation ??= error;
    }
  }
}
