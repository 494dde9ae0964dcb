import { utf8 } from "../../store/codec/bytes.ts";
import type { CloseCode } from "../protocol/close_code.ts";
import type { ClosableConnection, OpenConnections } from "./open_connections.ts";
import type { Frame } from "../protocol/frame.ts";
import { RESUME_BELOW_BYTES } from "../session/session.ts";
import type { StreamCursor } from "../protocol/server_sent_event.ts";
import type { Transport } from "./transport.ts";

/** What waits is handed on in pieces of at most about so many bytes. */
const PIECE = 64 * 1024;

/**
 * A {@link Transport} over the body of an answer, as server-sent events. Each event that moves the
 * device's cursor carries it as its `id`.
 *
 * What the peer has not taken waits in a queue of its own here, since only that can be counted to the
 * byte; the body asks for the next piece when the one before is on its way.
 */
export class EventStream
  implements Transport, ClosableConnection, UnderlyingDefaultSource<Uint8Array> {
  readonly isOneWay = true;
  readonly body: ReadableStream<Uint8Array>;
  readonly #cursor: StreamCursor;
  readonly #connections: OpenConnections;
  /** Lets go of the session once it has ended, though the answer may stand for longer. */
  #gone: (() => void) | undefined;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #queue: Uint8Array[] = [];
  #buffered = 0;
  /** Whether the body waits for a piece. */
  #asked = false;
  #closing = false;
  #over = false;
  /** Whether Deno says when the answer is over. */
  readonly #isCounted: boolean;
  #whenGone: (() => void) | undefined;
  #isGone = false;

  /**
   * @param options `cursor` is where the device stands; `gone` is called when the peer hangs up; the
   * stream is one of `connections` from now on until its answer is over; `completed` settles then, and
   * without it everything that was handed on counts as taken
   */
  constructor({ cursor, connections, gone, completed }: {
    cursor: StreamCursor;
    connections: OpenConnections;
    gone: () => void;
    completed?: Promise<unknown> | undefined;
  }) {
    this.#cursor = cursor;
    this.#connections = connections;
    this.#gone = gone;
    this.#isCounted = completed !== undefined;
    connections.add(this);
    const over = () => this.#isEnded();
    completed?.then(over, over);
    // Of its own it holds nothing: it asks for a piece only when one is read.
    this.body = new ReadableStream<Uint8Array>(this, { highWaterMark: 0 });
  }

  get buffered(): number {
    return this.#over ? 0 : this.#buffered;
  }

  send(frame: Frame): void {
    if (this.#closing || this.#over) return;
    for (const { bytes, step } of frame.events) {
      if (step !== undefined) {
        this.#cursor.take(step);
        const id = this.#cursor.toString();
        if (id !== "") this.#push(utf8(`id: ${id}\n`));
      }
      this.#push(bytes);
    }
    if (this.#asked) this.#handOn();
  }

  /** It takes part in what is the rule for sockets, though its peer never says anything. */
  get received(): number {
    return 1;
  }

  whenGone(task: () => void): void {
    if (this.#isGone) task();
    else this.#whenGone = task;
  }

  close(code: CloseCode, reason: string): void {
    if (this.#closing || this.#over) return;
    this.#closing = true;
    this.#gone = undefined;
    this.#connections.end(this, code, reason);
    if (this.#buffered > RESUME_BELOW_BYTES) this.#dropAllButLast();
    if (this.#asked) this.#handOn();
  }

  /** There is no frame that would say so: the answer ends once the peer has taken all of it. */
  finish(): void {}

  /** What the peer has not taken by now is not kept for it. */
  drop(): void {
    if (this.#over) return;
    this.#end();
    this.#controller.close();
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
  }

  pull(): void {
    this.#asked = true;
    if (this.#queue.length > 0 || this.#closing) this.#handOn();
  }

  cancel(): void {
    this.#end();
    this.#isEnded();
    this.#gone?.();
  }

  #push(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    this.#buffered += bytes.byteLength;
  }

  /**
   * A peer that does not read may never do so again, and Deno can't cut it off: what it could not take
   * is not kept for it. It is on whole events that the queue begins and ends, and with the cursor of
   * the last event that it has, a device misses nothing.
   */
  #dropAllButLast(): void {
    this.#queue = this.#queue.slice(-1);
    this.#buffered = this.#queue[0]?.byteLength ?? 0;
  }

  #handOn(): void {
    if (this.#queue.length > 0) {
      this.#asked = false;
      this.#controller.enqueue(this.#nextPiece());
    } else if (this.#closing && !this.#over) {
      this.#end();
      this.#controller.close();
    }
  }

  #nextPiece(): Uint8Array {
    let count = 0;
    let length = 0;
    while (count < this.#queue.length && (count === 0 || length < PIECE)) {
      length += (this.#queue[count++] as Uint8Array).byteLength;
    }
    const chunks = this.#queue.splice(0, count);
    this.#buffered -= length;
    if (chunks.length === 1) return chunks[0] as Uint8Array;
    const piece = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      piece.set(chunk, at);
      at += chunk.byteLength;
    }
    return piece;
  }

  #end(): void {
    this.#over = true;
    this.#queue = [];
    this.#buffered = 0;
    if (!this.#isCounted) this.#isEnded();
  }

  #isEnded(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#connections.delete(this);
    this.#whenGone?.();
    this.#whenGone = undefined;
  }
}
