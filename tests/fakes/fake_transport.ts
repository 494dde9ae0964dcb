import { Buffer } from "node:buffer";
import type { Frame } from "../../src/gateway/protocol/frame.ts";
import type { Transport } from "../../src/gateway/transport/transport.ts";
import type { ServerMessage } from "../drivers/raw_socket.ts";

/** As a browser reports a connection that ended without a closing frame. */
const CUT = 1006;

/** A frame as it was sent, and what was noted of the moment at which it was. */
export interface SentFrame<Note> {
  readonly text: string;
  readonly bytes: number;
  readonly note: Note;
}

/** Who hears what a transport is told. */
export interface TransportListener<Note> {
  /** A frame is about to go into the buffer; what it returns stays with the frame. */
  sending(text: string, bytes: number): Note;
  /** There is something to read: a frame, or the end of the connection. */
  readable(): void;
}

/**
 * A connection whose peer reads when the test says so. As with Deno's sockets, what was not read yet
 * counts in `buffered` while it is open, and is 0 afterwards, though the peer can still read it.
 */
export class FakeTransport<Note = void> implements Transport {
  /** How the server ended it. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** The most that was ever unread, in bytes. */
  peak = 0;
  readonly #listener: TransportListener<Note>;
  readonly #frames: SentFrame<Note>[] = [];
  /** Bytes of the first frame that were read already. */
  #read = 0;
  #unread = 0;
  #gone = false;
  #whenGone: (() => void) | undefined;

  constructor(listener: TransportListener<Note>) {
    this.#listener = listener;
  }

  /** Whether neither side has ended it. */
  get isOpen(): boolean {
    return this.closed === undefined && !this.#gone;
  }

  get buffered(): number {
    return this.isOpen ? this.#unread : 0;
  }

  /** Bytes that the peer could read now. */
  get unread(): number {
    return this.#unread;
  }

  /** Frames of which the peer has not read the end. */
  get pending(): readonly SentFrame<Note>[] {
    return this.#frames;
  }

  send({ text }: Frame): void {
    const bytes = Buffer.byteLength(text);
    const note = this.#listener.sending(text, bytes);
    if (!this.isOpen) return;
    this.#frames.push({ text, bytes, note });
    this.#unread += bytes;
    this.peak = Math.max(this.peak, this.#unread);
    this.#listener.readable();
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.closed = { code, reason };
    this.#listener.readable();
  }

  whenGone(task: () => void): void {
    this.#whenGone = task;
    this.#look();
  }

  /** A connection that is over holds nothing once its peer has read everything, or is gone. */
  #look(): void {
    if (this.isOpen || this.#unread > 0) return;
    this.#whenGone?.();
    this.#whenGone = undefined;
  }

  /** The connection breaks, and the peer is told: what it has not read yet it can still read. */
  cut(): void {
    this.close(CUT, "");
  }

  /** The peer takes so many bytes at most; gives the frames that are complete with them. */
  read(bytes: number): SentFrame<Note>[] {
    const taken = Math.min(bytes, this.#unread);
    this.#unread -= taken;
    this.#read += taken;
    const complete: SentFrame<Note>[] = [];
    for (let first = this.#frames[0]; first && first.bytes <= this.#read; first = this.#frames[0]) {
      this.#read -= first.bytes;
      complete.push(first);
      this.#frames.shift();
    }
    this.#look();
    return complete;
  }

  /** The peer has gone; what it has not read is lost. */
  leave(): void {
    this.#gone = true;
    this.#frames.length = 0;
    this.#unread = 0;
    this.#look();
  }
}

/** The messages that the peer has not read yet. */
export function messagesOf(transport: FakeTransport<unknown> | undefined): ServerMessage[] {
  return transport?.pending.flatMap(({ text }) => JSON.parse(text)) ?? [];
}

/** The messages that were sent of everything but topics. */
export function ownMessagesOf(transport: FakeTransport<unknown> | undefined): ServerMessage[] {
  return messagesOf(transport).filter(({ stream }) => stream === undefined || stream === "user");
}
