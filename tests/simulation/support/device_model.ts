import assert from "node:assert/strict";
import type { ServerMessage } from "../../drivers/raw_socket.ts";
import { StreamModel } from "./stream_model.ts";

/** Where a device stands in a stream. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** An item as a device has it. */
export interface DeviceItem {
  readonly seq: number;
  readonly id: string;
  readonly title: string;
  readonly read: boolean;
  readonly seen: boolean;
  readonly archived: boolean;
  readonly [field: string]: unknown;
}

/** A frame from the server has fewer bytes. */
const FRAME_MAX = 256 * 1024;

/**
 * What a device of one user keeps over its connections: the user's own stream, and the topics. It
 * follows the protocol to the letter, and throws at whatever the server is not allowed to send.
 */
export class DeviceModel {
  /** The user's own stream. */
  readonly own = new StreamModel("user");
  /** All streams, the user's own included, by name. */
  readonly streams = new Map<string, StreamModel>([["user", this.own]]);
  counts = { unread: 0, unseen: 0 };
  #welcomed = false;

  /** Items of the user's own stream, by seq. */
  get items(): Map<number, DeviceItem> {
    return this.own.items;
  }

  /** Every notification that came on the user's own stream, resets left out, in order. */
  get notified(): readonly { seq: number; id: string; live: boolean }[] {
    return this.own.notified;
  }

  get cursor(): Cursor | undefined {
    return this.own.cursor;
  }

  set cursor(cursor: Cursor | undefined) {
    this.own.cursor = cursor;
  }

  /** Where it stands in each stream, as `hello` says it. */
  get cursors(): Record<string, Cursor> {
    const known = [...this.streams].flatMap(([name, { cursor }]) =>
      cursor === undefined ? [] : [[name, cursor] as const]
    );
    return Object.fromEntries(known);
  }

  /** Whether it has everything up to the last event that happened before the last message. */
  get isLive(): boolean {
    return this.#welcomed && [...this.streams.values()].every(({ isLive }) => isLive);
  }

  /** A new connection begins. */
  connecting(): void {
    this.#welcomed = false;
    for (const stream of this.streams.values()) stream.connecting();
  }

  /** The items of the user's own stream as the inbox lists them, newest first. */
  list(): DeviceItem[] {
    return this.own.list();
  }

  take(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "reset":
        assert(this.#welcomed, "a reset before the welcome");
        this.counts = message["counts"];
        this.stream(message).reset(message);
        if (message["stream"] === "user") this.#topicsStartOver();
        return;
      case "notification":
        this.stream(message).notification(message);
        this.counts = message["counts"];
        return;
      case "change":
        return this.#change(message);
      case "caughtUp":
        this.stream(message).caughtUp(message);
        this.counts = message["counts"] ?? this.counts;
        return;
      default:
        return;
    }
  }

  /** Checks the size of a frame. */
  static checkFrame(bytes: number): void {
    assert(bytes < FRAME_MAX, `a frame of ${bytes} bytes`);
  }

  #welcome({ streams, counts }: ServerMessage): void {
    assert(!this.#welcomed, "a second welcome");
    this.#welcomed = true;
    this.counts = counts;
    for (const name of this.streams.keys()) {
      if (!(name in streams)) this.streams.delete(name);
    }
    for (const [name, state] of Object.entries(streams)) {
      this.stream({ type: "welcome", stream: name })
        .welcome(state as { epoch: string; oldest: number });
    }
  }

  /** The stream that a message is about. */
  stream({ stream }: ServerMessage): StreamModel {
    assert.match(stream, /^(user|topic:[A-Za-z0-9._:@-]+)$/);
    let model = this.streams.get(stream);
    if (model === undefined) this.streams.set(stream, model = new StreamModel(stream));
    return model;
  }

  /** Marks on topics' items were told on the stream that has started over. */
  #topicsStartOver(): void {
    for (const stream of this.streams.values()) {
      if (stream !== this.own) stream.cursor = undefined;
    }
  }

  #change(message: ServerMessage): void {
    const { op, target, counts } = message;
    this.stream(message).event(message);
    this.counts = counts;
    if (op === "leave") this.streams.delete(target);
    if (op === "join" || op === "leave") return;
    const concerned = target === undefined ? this.stream(message) : this.streams.get(target);
    concerned?.apply(message);
  }
}
