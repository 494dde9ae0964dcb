import { backoff } from "./backoff.ts";
import { Alarm, type Clock } from "./clock.ts";
import { type BellwireError, closingError } from "./errors.ts";
import type { ClientMessage, ServerMessage } from "./messages.ts";
import { Hole } from "./reduce.ts";
import { cursorsOf, type State } from "./state.ts";
import { SIGNED_OUT, type Tokens } from "./tokens.ts";
import type { OpenTransport, Transport } from "./transport.ts";
import type { Connection } from "./types.ts";

/** What a link is made of. */
export interface LinkOptions {
  readonly clock: Clock;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Whether the device has a network, as far as it knows; it is tried all the same. */
  readonly isOnline: () => boolean;
  readonly tokens: Tokens;
  /** The kinds of connection; the second is for where the first one can't be made. */
  readonly transports: readonly [OpenTransport, OpenTransport?];
  readonly device: string | undefined;
  /** Where the device stands. */
  readonly state: () => State;
  /** Whether a token is one of the user's who this link is for. Where it is not, the link was stopped. */
  readonly accept: (token: string) => boolean;
  /** Takes what came at once. @throws {Hole} where something before it is missing */
  readonly take: (messages: readonly ServerMessage[], eventId?: string) => void;
  readonly changed: (connection: Connection) => void;
}

/** A connection may take so long until it stands and its `hello` was answered, or a ping came. */
const WELCOME_MS = 15_000;
/** A peer that is silent for this much longer than its heartbeat is gone. */
const SLACK_MS = 15_000;
/** A connection that lasts for so long was a good one: the next failure is the first again. */
const STABLE_MS = 10_000;
/**
 * With less time left, or none by this device's clock, which may be wrong, a token is renewed when the
 * service says that it has expired.
 */
const RENEW_MIN_MS = 1_000;
/** Close codes from here on are the service's own: it was reached. */
const OF_SERVICE = 4000;
/** From here on they say that coming back is of no use. */
const FINAL = 4500;
const TOKEN_EXPIRED = 4003;
const INVALID_TOKEN = 4500;
const SILENT = "The service does not answer";

/**
 * Keeps a device connected: says hello with its cursors, answers pings, renews the token before it
 * expires, and comes back when the connection breaks, unless that is of no use.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #retry: Alarm;
  readonly #silence: Alarm;
  readonly #renewal: Alarm;
  readonly #stable: Alarm;
  #connection: Connection = { state: "connecting" };
  #transport: Transport | undefined;
  /** Counts attempts, so that what an earlier one waited for is recognised as too late. */
  #attempt = 0;
  #failures = 0;
  /** How often in a row connections of this kind could not be made. */
  #unopened = 0;
  #kind: 0 | 1 = 0;
  /** Ends the connection that is there, or is being made. */
  #broke: (reason: string, code?: number) => void = () => {};
  /** Streams that are not caught up yet. */
  readonly #behind = new Set<string>();
  #farewell: Extract<ServerMessage, { type: "disconnect" }> | undefined;
  #quietMs = WELCOME_MS;
  #heardAt = 0;
  /** The service asked not to come back before. */
  #notBefore = 0;
  #wantsOnline = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { clock } = options;
    this.#retry = new Alarm(clock);
    this.#silence = new Alarm(clock);
    this.#renewal = new Alarm(clock);
    this.#stable = new Alarm(clock);
  }

  /** Connects and stays connected. */
  start(): void {
    if (this.#wantsOnline) return;
    this.#wantsOnline = true;
    this.#failures = 0;
    void this.#connect();
  }

  /** Hangs up and stays away until it is started again. */
  stop(): void {
    this.#wantsOnline = false;
    this.#hangUp();
  }

  /** Says something, where there is a connection. */
  send(message: ClientMessage): void {
    this.#transport?.send(message);
  }

  /** There is reason to hope: the network is back, or somebody looks at the page. */
  nudge(): void {
    if (!this.#wantsOnline) return;
    const now = this.#options.clock.now();
    if (this.#transport) {
      // Timers stand still while a device sleeps.
      if (now - this.#heardAt > this.#quietMs) this.#broke(SILENT);
    } else if (this.#connection.retryAt && now >= this.#notBefore) {
      void this.#connect();
    }
  }

  /** The device has lost its network. */
  offline(): void {
    if (!this.#wantsOnline) return;
    // The next one may let through what this one did not.
    this.#kind = 0;
    this.#comeBack("There is no network");
  }

  async #connect(): Promise<void> {
    this.#hangUp();
    const { state } = this.#connection;
    if (this.#options.isOnline()) {
      const isFirst = state === "connecting" || state === "closed";
      this.#become({ state: isFirst ? "connecting" : "reconnecting" });
    }
    await this.#withToken(
      (token) => this.#open(token, this.#kind),
      (reason) => this.#comeBack(reason),
    );
  }

  /** Gets a token for the attempt that is under way by now. @param failed it may not the next time */
  async #withToken(use: (token: string) => void, failed: (reason: string) => void): Promise<void> {
    const isCurrent = this.#current();
    try {
      const token = await this.#options.tokens.get();
      if (!isCurrent()) return;
      if (this.#options.accept(token)) use(token);
    } catch (error) {
      if (!isCurrent()) return;
      if ((error as BellwireError).code === SIGNED_OUT) this.#end(error as BellwireError);
      else failed((error as Error).message);
    }
  }

  /** What is waited for may come too late: tells whether the attempt is still the same. */
  #current(): () => boolean {
    const attempt = this.#attempt;
    return () => attempt === this.#attempt;
  }

  #open(token: string, kind: 0 | 1): void {
    const { transports, device, state } = this.#options;
    const { eventId } = state();
    const isCurrent = this.#current();
    const open = transports[kind] as OpenTransport;
    let opened = false;
    this.#quietMs = WELCOME_MS;
    const broke = this.#broke = (reason: string, code = 0) => {
      if (!isCurrent()) return;
      if (opened || code >= OF_SERVICE) return this.#ended({ code, reason });
      // Where a connection of one kind can't be made twice in a row, something may be in its way: the
      // other kind is tried in the same moment. So a service that is down for both is not mistaken.
      const other = kind === 0 ? 1 : 0;
      if (kind !== this.#kind || ++this.#unopened < 2 || !transports[other]) {
        return this.#comeBack(reason);
      }
      this.#hangUp();
      this.#open(token, other);
    };
    this.#transport = open({ token, eventId }, {
      opened: () => {
        if (!isCurrent()) return;
        opened = true;
        this.#unopened = 0;
        this.#kind = kind;
        this.send({ type: "hello", token, device, resume: cursorsOf(state()) });
      },
      received: (messages, eventId) => {
        if (isCurrent()) this.#receive(messages, eventId);
      },
      ended: ({ reason, code }) => broke(reason, code),
    });
    this.#listen();
  }

  #receive(messages: readonly ServerMessage[], eventId: string | undefined): void {
    this.#listen();
    const isCurrent = this.#current();
    try {
      this.#options.take(messages, eventId);
    } catch (error) {
      if (error instanceof Hole) return this.#comeBack("An event is missing");
      throw error;
    }
    for (const message of messages) if (isCurrent()) this.#heed(message);
  }

  #heed(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#quietMs = message.heartbeatMs + SLACK_MS;
        this.#listen();
        for (const name of Object.keys(message.streams)) this.#behind.add(name);
        return this.#renewBefore(Date.parse(message.expiresAt));
      case "reset":
      case "caughtUp":
        if (!this.#behind.delete(message.stream) || this.#behind.size > 0) return;
        this.#stable.set(STABLE_MS, () => this.#failures = 0);
        return this.#become({ state: "live" });
      case "ping":
        return this.send({ type: "pong" });
      case "disconnect":
        this.#farewell = message;
    }
  }

  #ended(end: { code: number; reason: string; reconnect?: boolean; retryAfterMs?: number }): void {
    const { tokens } = this.#options;
    const { code, reason, reconnect, retryAfterMs } = this.#farewell ?? end;
    if (code === TOKEN_EXPIRED || code === INVALID_TOKEN) {
      // One that was used before may have been good then. A new one that is refused is no accident.
      const again = !tokens.isFresh || this.#connection.state === "live";
      tokens.drop();
      if (again) return void this.#connect();
    }
    if (code !== TOKEN_EXPIRED && (reconnect === false || code >= FINAL)) {
      return this.#end(closingError(code, reason));
    }
    this.#comeBack(reason, retryAfterMs);
  }

  /** Waits and connects again. */
  #comeBack(reason: string, retryAfterMs?: number): void {
    const { clock, random, isOnline } = this.#options;
    this.#hangUp();
    const state = isOnline() ? "reconnecting" : "offline";
    const ms = retryAfterMs ?? backoff(this.#failures++, random);
    const retryAt = clock.now() + ms;
    this.#notBefore = retryAfterMs ? retryAt : 0;
    this.#retry.set(ms, () => void this.#connect());
    this.#become({ state, reason, retryAt });
  }

  /** For good. */
  #end(error: BellwireError): void {
    this.stop();
    // What is posted to other tabs loses all that is an error's own, unless it is no error any more.
    this.#become({ state: "closed", reason: error.message, error: { ...error } });
  }

  /** From now on nothing of the connection, if there is one, is heeded. */
  #hangUp(): void {
    this.#attempt++;
    this.#farewell = undefined;
    this.#behind.clear();
    for (const alarm of [this.#retry, this.#silence, this.#renewal, this.#stable]) alarm.clear();
    this.#transport?.close();
    this.#transport = undefined;
  }

  /** Gives the peer time until it has to say something again. */
  #listen(): void {
    this.#heardAt = this.#options.clock.now();
    this.#silence.set(this.#quietMs, () => this.#broke(SILENT));
  }

  /**
   * Renews the token when three quarters of its time are over. Where that fails the service closes
   * with 4003, and coming back brings a new token too.
   */
  #renewBefore(expiresAt: number): void {
    const { clock } = this.#options;
    const ms = (expiresAt - clock.now()) * 0.75;
    if (ms > RENEW_MIN_MS) this.#renewal.set(ms, () => this.#renew());
  }

  #renew(): void {
    const { tokens } = this.#options;
    const { scope, expiresAt } = tokens;
    tokens.drop();
    void this.#withToken((token) => {
      // What it lets the user follow is told at the beginning of a connection only.
      if (tokens.scope !== scope) return void this.#connect();
      this.send({ type: "refresh", token, ref: "refresh" });
      this.#renewBefore(tokens.expiresAt);
    }, () => this.#renewBefore(expiresAt));
  }

  #become(connection: Connection): void {
    this.#connection = connection;
    this.#options.changed(connection);
  }
}
