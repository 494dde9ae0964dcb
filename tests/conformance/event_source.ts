import assert from "node:assert/strict";
import { TooLate, within } from "./deadline.ts";
import type { Message } from "./socket.ts";

/** One event of an event stream (HTML Living Standard, 9.2). */
export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly message: Message;
}

/** Reads a stream of server-sent events, one line after the other. */
export class EventSource implements AsyncDisposable {
  readonly events: ServerEvent[] = [];
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";
  #isOver = false;

  constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The id of the last event. */
  get lastId(): string {
    return this.events.at(-1)?.id ?? "";
  }

  /** The first event that matches, now or later. */
  async next(
    matches: (message: Message) => boolean,
    what: string,
    ms = 15_000,
  ): Promise<ServerEvent> {
    const end = performance.now() + ms;
    for (;;) {
      const found = this.events.find(({ message }) => matches(message));
      if (found !== undefined) return found;
      assert(!this.#isOver, `the stream ended while ${what} was to come`);
      const left = end - performance.now();
      if (left <= 0) throw new TooLate(what, ms);
      await this.#read(what, left);
    }
  }

  /** Reads until the server ends it. */
  async ends(ms = 15_000): Promise<void> {
    const end = performance.now() + ms;
    while (!this.#isOver) await this.#read("the stream's end", end - performance.now());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }

  async #read(what: string, ms: number): Promise<void> {
    const { done, value } = await within(this.#reader.read(), what, ms);
    if (done) this.#isOver = true;
    this.#text += (value ?? "").replaceAll("\r\n", "\n");
    for (let at = this.#text.indexOf("\n\n"); at >= 0; at = this.#text.indexOf("\n\n")) {
      this.#take(this.#text.slice(0, at));
      this.#text = this.#text.slice(at + 2);
    }
  }

  #take(block: string): void {
    const fields = { id: this.lastId, event: "message", data: "" };
    for (const line of block.split("\n")) {
      const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (name === "data") fields.data += value;
      else if (name === "id" || name === "event") fields[name] = value;
    }
    if (fields.data === "") return;
    this.events.push({ id: fields.id, event: fields.event, message: JSON.parse(fields.data) });
  }
}
