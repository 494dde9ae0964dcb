import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { DeadlineMissed, within } from "./deadline.ts";
import { DeviceModel } from "../simulation/support/device_model.ts";
import type { ServerMessage } from "./raw_socket.ts";
import type { Service } from "./service.ts";

/** A server-sent event as it came. */
export interface ReceivedEvent {
  readonly type: string;
  /** Undefined where it had none. */
  readonly id: string | undefined;
  readonly retry: number | undefined;
  readonly message: ServerMessage;
}

/** How a stream is opened. */
export interface EventStreamOptions {
  readonly user?: string;
  /** Instead of a fresh token in the header; empty for none at all. */
  readonly authorization?: string;
  /** What follows `?` in the address. */
  readonly query?: Readonly<Record<string, string>>;
  readonly lastEventId?: string | undefined;
  /** Goes on with what an earlier connection has told it. */
  readonly model?: DeviceModel;
  /** What comes is not judged: nobody knows here what the device had. */
  readonly unjudged?: boolean;
}

/**
 * Asks for server-sent events with `fetch`, and takes them apart by the letter of the standard (HTML,
 * 9.2.6). What comes has to be right for a device: whatever breaks a rule of the protocol fails the
 * next thing that is waited for.
 */
export class EventStream implements AsyncDisposable {
  readonly events: ReceivedEvent[] = [];
  readonly model: DeviceModel;
  /** Resolves when the server, or this side, has ended it. */
  readonly ended: Promise<void>;
  #lastId: string | undefined;
  #isOver = false;
  readonly #unjudged: boolean;
  #violation: unknown;
  #resume: PromiseWithResolvers<void> | undefined;
  readonly #abort: AbortController;
  readonly #changed = new EventEmitter();

  private constructor(
    answer: Response,
    { abort, model, lastId, unjudged }: {
      abort: AbortController;
      unjudged: boolean;
      model: DeviceModel;
      lastId: string | undefined;
    },
  ) {
    assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
    this.#abort = abort;
    this.#unjudged = unjudged;
    this.model = model;
    this.#lastId = lastId;
    this.#changed.setMaxListeners(0);
    model.connecting();
    this.ended = this.#read(answer.body as ReadableStream<Uint8Array>);
  }

  /** Asks; gives whatever the answer is, to be read or cancelled by the caller. */
  static async ask(
    service: Service,
    { user = "ada", authorization, query = {}, lastEventId }: EventStreamOptions = {},
    signal?: AbortSignal,
  ): Promise<Response> {
    const bearer = authorization ?? `Bearer ${await service.token(user)}`;
    return await service.fetch(`/v1/stream?${new URLSearchParams(query)}`, {
      ...(signal === undefined ? {} : { signal }),
      headers: {
        accept: "text/event-stream",
        ...(bearer === "" ? {} : { authorization: bearer }),
        ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
      },
    });
  }

  /** Opens one that has to be accepted. */
  static async open(service: Service, options: EventStreamOptions = {}): Promise<EventStream> {
    const abort = new AbortController();
    const answer = await EventStream.ask(service, options, abort.signal);
    if (answer.status !== 200) assert.fail(`${answer.status}: ${await answer.text()}`);
    const { model = new DeviceModel(), lastEventId, query, unjudged = false } = options;
    return new EventStream(answer, {
      abort,
      model,
      lastId: lastEventId ?? query?.["cursor"],
      unjudged,
    });
  }

  /** The newest `id`. */
  get lastId(): string | undefined {
    return this.#lastId;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get messages(): readonly ServerMessage[] {
    return this.events.map(({ message }) => message);
  }

  /** Waits until something holds, which is looked at whenever an event arrives. */
  async until(holds: () => boolean, what: string, ms?: number): Promise<void> {
    let stop = () => {};
    const held = new Promise<void>((resolve, reject) => {
      const look = () => {
        if (this.#violation !== undefined) return reject(this.#violation);
        if (holds()) return resolve();
        if (this.#isOver) reject(new DeadlineMissed(`Ended before ${what}: ${this.#last()}`));
      };
      this.#changed.on("change", look);
      stop = () => void this.#changed.off("change", look);
      look();
    });
    try {
      await within(held, () => `${what}; last events: ${this.#last()}`, ms);
    } finally {
      stop();
    }
  }

  /** Waits until it has everything up to this event of the user's own stream. */
  async reaches(seq: number, ms?: number): Promise<void> {
    const holds = () => this.model.isLive && (this.model.cursor?.seq ?? 0) >= seq;
    await this.until(holds, `event ${seq}`, ms);
  }

  /** Waits for an event. */
  async event(matches: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent> {
    await this.until(() => this.events.some(matches), `an event (${matches})`);
    return this.events.find(matches) as ReceivedEvent;
  }

  /** Waits until the server has ended it; gives its last event, which has to be a `disconnect`. */
  async disconnected(): Promise<ReceivedEvent> {
    await within(this.ended, () => `the end; last events: ${this.#last()}`);
    const last = this.events.at(-1);
    assert(last?.type === "disconnect", this.#last());
    return last;
  }

  /** Stops to read. */
  pause(): void {
    this.#resume = Promise.withResolvers();
  }

  /** Reads again. */
  resume(): void {
    this.#resume?.resolve();
    this.#resume = undefined;
  }

  /** Goes away. */
  async drop(): Promise<void> {
    this.#abort.abort();
    this.resume();
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop();
    if (this.#violation !== undefined) throw this.#violation;
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    this.#abort.signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
    const decoder = new TextDecoder();
    let text = "";
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const events = (text + decoder.decode(read.value, { stream: true })).split("\n\n");
        text = events.pop() as string;
        for (const event of events) this.#take(event);
        this.#changed.emit("change");
        await this.#resume?.promise;
      }
    } catch {
      // It was cut off, on whichever side.
    }
    this.#isOver = true;
    this.#changed.emit("change");
  }

  #take(lines: string): void {
    const fields = new Map(
      lines.split("\n").map((line) => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
    try {
      const message: ServerMessage = JSON.parse(fields.get("data") ?? "");
      const id = fields.get("id");
      const retry = fields.get("retry");
      const type = fields.get("event") ?? "";
      assert.equal(type, message.type);
      this.events.push({
        type,
        id,
        retry: retry === undefined ? undefined : Number(retry),
        message,
      });
      this.#lastId = id ?? this.#lastId;
      if (!this.#unjudged) this.model.take(message);
    } catch (error) {
      this.#violation ??= error;
    }
  }

  #last(): string {
    return this.events.slice(-5).map((event) => JSON.stringify(event).slice(0, 300)).join("\n");
  }
}
