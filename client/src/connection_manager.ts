import type { CloseCodes } from "../../protocol/close_codes.ts";
import { Alarm, backoff, type Clock } from "./clock.ts";
import { type BellwireError, closingError } from "./errors.ts";
import type { ClientMessage, ServerMessage } from "../../protocol/messages.ts";
import { cursorsOf, type State } from "./state.ts";
import { SIGNED_OUT, type Tokens } from "./tokens.ts";
import type { End, OpenTransport, Transport } from "./transport.ts";
import type { Connection } from "./types.ts";

/** What a link is made of. */
export interface ConnectionManagerOptions {
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
  /** Takes what came at once. @throws {MissingEvent} where something before it is missing */
  readonly take: (messages: readonly ServerMessage[], eventId?: string) => void;
  readonly changed: (connection: Connection) => void;
}

/** A connection may take so long until the service is heard on it. */
const WELCOME_MS = 10_000;
/** A peer that is silent for this much longer than its heartbeat is gone. */
const SLACK_MS = 15_000;
/** A connection that lasts for so long was a good one: the next failure is the first again. */
const STABLE_MS = 10_000;
/** After so many failures in a row of one kind of connection the other one is tried too. */
const STRIKES = 2;
/** With less time left a token is renewed when the service says that it has expired. */
const RENEW_MIN_MS = 1_000;
/** Close codes from here on are the service's own: it was reached. */
const OF_SERVICE = 4000;
/** From here on they say that coming back is of no use. */
const FINAL = 4500;
const TOKEN_EXPIRED: CloseCodes["tokenExpired"] = 4003;
const INVALID_TOKEN: CloseCodes["invalidToken"] = 4500;
const SILENT = "The service does not answer";

/**
 * Keeps a device connected: says hello with its cursors, answers pings, renews the token before it
 * expires, and comes back when the connection breaks, unless that is of no use.
 */
export class ConnectionManager {
  readonly #options: ConnectionManagerOptions;
  readonly #retry: Alarm;
  readonly #silence: Alarm;
  readonly #renewal: Alarm;
  readonly #stable: Alarm;
  #connection: Connection = { state: "connecting" };
  #transport: Transport | undefined;
  /** Counts attempts, so that what an earlier one waited for is recognised as too late. */
  #attempt = 0;
  #failures = 0;
  /**
   * How often in a row connections of this kind could not be made, or broke soon: something may be in their
   * way that lets the first part of a conversation through, or nothing but its beginning.
   */
  #strikes = 0;
  /** The kind of the last connection on which the service said welcome. */
  #kind: 0 | 1 = 0;
  /** Takes the connection that is there, or is being made, for broken. */
  #broke: (end: End) => void = () => {};
  /** The service was heard on the connection. */
  #isHeard = false;
  /** How far the service's clock is ahead of this device's. */
  #skewMs: number | undefined;
  /** Streams that are not caught up yet. */
  readonly #behind = new Set<string>();
  #farewell: Extract<ServerMessage, { type: "disconnect" }> | undefined;
  #quietMs = WELCOME_MS;
  #heardAt = 0;
  /** The service asked not to come back before. */
  #notBefore = 0;
  #wantsOnline = false;
  /** What the console was told. */
  #complaint = "";

  constructor(options: ConnectionManagerOptions) {
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

  /** There is reason to hope: the network is back or another, or somebody looks at the page. */
  nudge(networkChanged = false): void {
    if (!this.#wantsOnline) return;
    const { clock } = this.#options;
    if (this.#transport) {
      // Timers stand still while a device sleeps, and so may the clock that never jumps.
      if (clock.now() - this.#heardAt > this.#quietMs) this.#broke({ reason: SILENT });
      else if (networkChanged) this.#transport.networkChanged?.();
    } else if (this.#connection.retryAt && clock.monotonic() >= this.#notBefore) {
      void this.#connect();
    }
  }

  /** The device has lost its network. */
  offline(): void {
    if (!this.#wantsOnline) return;
    // The next one may let through what this one did not.
    this.#kind = this.#strikes = 0;
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
    const hello = (token: string): ClientMessage => ({
      type: "hello",
      token,
      device,
      resume: cursorsOf(state()),
    });
    this.#isHeard = false;
    this.#quietMs = WELCOME_MS;
    const broke = this.#broke = (end: End) => {
      if (isCurrent()) this.#ended(end, token, kind);
    };
    this.#transport = open({ token, eventId, hello }, {
      opened: () => {
        if (isCurrent()) this.send(hello(token));
      },
      received: (messages, eventId) => {
        if (isCurrent()) this.#receive(messages, eventId, kind);
      },
      upgraded: () => {
        if (isCurrent()) kind = 0;
      },
      ended: broke,
    });
    this.#listen();
  }

  #receive(messages: readonly ServerMessage[], eventId: string | undefined, kind: 0 | 1): void {
    this.#listen();
    this.#isHeard = true;
    const isCurrent = this.#current();
    const own = messages.filter((it) => Object(it) === it);
    try {
      this.#options.take(own, eventId);
    } catch (error) {
      // Something is missing, or what came makes no sense: the service says it again from where this is.
      return this.#comeBack((error as Error).message);
    }
    for (const message of own) if (isCurrent()) this.#heed(message, kind);
  }

  #heed(message: ServerMessage, kind: 0 | 1): void {
    const { clock, tokens } = this.#options;
    switch (message.type) {
      case "welcome": {
        if (kind !== this.#kind) this.#strikes = 0;
        this.#kind = kind;
        this.#quietMs = message.heartbeatMs + SLACK_MS;
        this.#listen();
        for (const name of Object.keys(message.streams)) this.#behind.add(name);
        const now = Date.parse(message.now as string);
        if (now) this.#skewMs = now - clock.now();
        tokens.heard(Date.parse(message.expiresAt), now);
        return this.#renewLater();
      }
      case "reset":
      case "caughtUp":
        if (!this.#behind.delete(message.stream) || this.#behind.size > 0) return;
        this.#stable.set(STABLE_MS, () => this.#failures = this.#strikes = 0);
        return this.#become({ state: "live" });
      case "ping":
        return this.send({ type: "pong" });
      case "disconnect":
        this.#farewell = message;
    }
  }

  /** A connection is over, or could not be made. */
  #ended(end: End, token: string, kind: 0 | 1): void {
    const { tokens, transports } = this.#options;
    const farewell = this.#farewell;
    const { code = 0, reason, retryAfterMs } = farewell ?? end;
    if (code < OF_SERVICE) {
      // One that stands and lets nothing through is a proxy's doing, most likely.
      this.#strikes += reason === SILENT && !this.#isHeard ? STRIKES : 1;
      const other = 1 - kind as 0 | 1;
      if (kind !== this.#kind || this.#strikes < STRIKES || !transports[other]) {
        return this.#comeBack(reason, retryAfterMs);
      }
      // In the same moment, so that a service that is down for both is not mistaken.
      this.#hangUp();
      if (this.#connection.state === "live") this.#become({ state: "reconnecting", reason });
      return this.#open(token, other);
    }
    this.#strikes = 0;
    if (code === TOKEN_EXPIRED || code === INVALID_TOKEN) {
      // One that was used before may have been good then. A new one that is refused is no accident.
      const again = !tokens.isFresh || this.#connection.state === "live";
      tokens.drop();
      if (again) return void this.#connect();
    }
    if (code !== TOKEN_EXPIRED && (farewell?.reconnect === false || code >= FINAL)) {
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
    this.#notBefore = retryAfterMs ? clock.monotonic() + ms : 0;
    this.#retry.set(ms, () => void this.#connect());
    this.#become({ state, reason, retryAt: clock.now() + ms });
  }

  /** For good. */
  #end(error: BellwireError): void {
    const { message, code } = error;
    const text = `Bellwire: ${message} (${code})`;
    // That a user is signed out is no fault.
    if (code !== SIGNED_OUT && text !== this.#complaint) {
      // deno-lint-ignore no-console -- it is where a developer looks
      console.error(this.#complaint = text);
    }
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
    this.#silence.set(this.#quietMs, () => this.#broke({ reason: SILENT }));
  }

  /**
   * Renews the token when three quarters of its time are over. Where that fails the service closes
   * with 4003, and coming back brings a new token too.
   */
  #renewLater(): void {
    const ms = this.#options.tokens.msLeft;
    if (ms * 0.75 > RENEW_MIN_MS) this.#renewal.set(ms * 0.75, () => this.#renew());
  }

  #renew(): void {
    const { tokens } = this.#options;
    const { scope } = tokens;
    tokens.drop();
    void this.#withToken((token) => {
      // What it lets the user follow is told at the beginning of a connection only.
      if (tokens.scope !== scope) return void this.#connect();
      this.send({ type: "refresh", token, ref: "refresh" });
      this.#renewLater();
    }, () => this.#renewLater());
  }

  #become(connection: Connection): void {
    this.#connection = { ...connection, skewMs: this.#skewMs };
    this.#options.changed(this.#connection);
  }
}
