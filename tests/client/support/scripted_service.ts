import { type Bell, connect, type WebSocketLike } from "../../../client/src/mod.ts";
import { eventually } from "../../drivers/deadline.ts";

/** What a device says when it comes: its cursors, by stream. */
type Cursors = Readonly<Record<string, { readonly epoch: string; readonly seq: number }>>;

class ScriptedSocket implements WebSocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  resume: Cursors | undefined;

  constructor() {
    queueMicrotask(() => this.onopen?.({} as never));
  }

  send(data: string): void {
    const message = JSON.parse(data);
    if (message.type === "hello") this.resume = message.resume;
  }

  close(): void {}
}

/** A bell whose service says what a test wants it to say. */
export class ScriptedService implements Disposable {
  readonly bell: Bell;
  /** What the app was told of; what it had missed is marked. */
  readonly told: string[] = [];
  readonly #sockets: ScriptedSocket[] = [];

  constructor() {
    const sockets = this.#sockets;
    const exp = Math.floor(Date.now() / 1000) + 3600;
    this.bell = connect("http://bell.example", {
      user: "ada",
      getToken: () => `e30.${btoa(JSON.stringify({ sub: "ada", exp }))}.e30`,
      WebSocket: class extends ScriptedSocket {
        constructor() {
          super();
          sockets.push(this);
        }
      },
    });
    this.bell.on("notification", ({ title }, { live }) => {
      this.told.push(live ? title : `${title} missed`);
    });
  }

  /** What is shown, newest first. */
  get shown(): string[] {
    return this.bell.getSnapshot().items.map(({ title }) => title);
  }

  /** Waits until the device has come so often, and gives the cursors that it came with. */
  comes(times: number): Promise<Cursors> {
    return eventually(() => this.#sockets[times - 1]?.resume, `it to come ${times} times`);
  }

  /** Says something in one frame, over the newest connection. */
  say(...messages: readonly object[]): void {
    const event = { data: JSON.stringify(messages) };
    this.#sockets.at(-1)?.onmessage?.(event as never);
  }

  /** Breaks the connection, and has the device come back at once. */
  break(): void {
    this.#sockets.at(-1)?.onclose?.({ code: 1006, reason: "" } as never);
    this.bell.retry();
  }

  [Symbol.dispose](): void {
    this.bell.close();
  }
}
