import assert from "node:assert/strict";
import type { Claims } from "./credentials.ts";
import { Followed } from "./followed.ts";
import type { Message, Socket } from "./socket.ts";
import type { World } from "./world.ts";

export interface DeviceOptions {
  readonly claims?: Claims;
  /** Offered besides the token; `bellwire.v1` unless given. */
  readonly protocol?: string;
}

/** A device that follows the rules of a client, and notices where the server breaks one. */
export class Device implements AsyncDisposable {
  readonly user: string;
  readonly #world: World;
  readonly #options: DeviceOptions;
  readonly #followed = new Followed();
  #socket: Socket | undefined;
  #taken = 0;

  constructor(world: World, user: string, options: DeviceOptions = {}) {
    this.#world = world;
    this.user = user;
    this.#options = options;
  }

  /** Connects with the cursors that it has; resolves when every stream is up to date. */
  async connect(): Promise<void> {
    const { claims, protocol = "bellwire.v1" } = this.#options;
    const token = await this.#world.token(this.user, claims);
    this.#taken = 0;
    this.#followed.connected();
    this.#socket = await this.#world.socket({
      protocols: [protocol, `bearer.${token}`],
      saw: ({ type }) => {
        if (type === "ping") this.socket.send({ type: "pong" });
      },
    });
    this.socket.send({ type: "hello", resume: this.#followed.cursors });
    await this.until(() => this.#followed.isUpToDate, "all streams of `welcome` up to date");
  }

  get socket(): Socket {
    assert(this.#socket, "not connected");
    return this.#socket;
  }

  get messages(): readonly Message[] {
    return this.socket.messages;
  }

  get counts(): unknown {
    return this.#followed.counts;
  }

  get streams(): readonly string[] {
    return this.#followed.streams;
  }

  /** Items of a stream, the own one unless told, by number. */
  items(stream = "user"): readonly Message[] {
    return this.#followed.items(stream);
  }

  /** Waits until something holds. */
  async until(holds: () => boolean, what: string, ms?: number): Promise<void> {
    await this.socket.until(
      () => {
        for (; this.#taken < this.messages.length; this.#taken++) {
          this.#followed.take(this.messages[this.#taken] as Message);
        }
        return holds();
      },
      what,
      ms,
    );
  }

  /** Waits until it has an event, or is beyond it. */
  async reaches(seq: number, stream = "user"): Promise<void> {
    await this.until(() => this.#followed.seq(stream) >= seq, `event ${seq} of ${stream}`);
  }

  /** Waits for a change. */
  async change(op: string, matches: (change: Message) => boolean = () => true): Promise<Message> {
    const isIt = (message: Message) =>
      message.type === "change" && message["op"] === op && matches(message);
    await this.until(() => this.messages.some(isIt), `a change \`${op}\``);
    return this.messages.find(isIt) as Message;
  }

  /** Asks for something that has to succeed. */
  async ask(message: Record<string, unknown>): Promise<void> {
    const answer = await this.socket.ask(message);
    assert.equal(answer.type, "ok", JSON.stringify(answer));
  }

  /** Asks for something that has to be refused with this code. */
  async isRefused(message: Record<string, unknown>, code: string): Promise<void> {
    const answer = await this.socket.ask(message);
    assert.deepEqual([answer.type, answer["code"]], ["error", code]);
  }

  /** Insists that it has what the inbox says. */
  async equalsInbox(): Promise<void> {
    const token = await this.#world.token(this.user, this.#options.claims);
    const inbox = await this.#world.inbox(this.user, "", token);
    const key = ({ stream, seq }: Message) => `${stream} ${String(seq).padStart(10, "0")}`;
    const byKey = (a: Message, b: Message) => key(a) < key(b) ? -1 : 1;
    const own = this.#followed.streams.flatMap((stream) =>
      this.items(stream).map((item) => ({ ...item, stream }))
    );
    assert.deepEqual(own.sort(byKey), inbox.sort(byKey));
  }

  /** Goes, and keeps what it has. */
  async leave(): Promise<void> {
    this.socket.close();
    await this.socket.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket?.[Symbol.asyncDispose]();
  }
}
