import { type Clock, repeat, type Timer } from "../../clock.ts";
import type { CloseCode } from "../protocol/close_code.ts";

/** A peer that is sent away is listened to until it was silent for so long … */
const SILENCE_MS = 20;
/** … or has gone on for so many times as long. */
const SILENCES = 50;
/** One that has said nothing yet is about to, and has so many times as long. */
const SILENCES_BEFORE_HELLO = 12;
/** So long after it was decided to end a connection it is dropped. */
export const GOODBYE_MS = 5_000;

/** One connection of a device, whether its session goes on or has ended. */
export interface ClosableConnection {
  /** Frames that its peer has sent. */
  readonly received: number;
  /** Bytes that its peer has not taken. */
  readonly buffered: number;
  /** Says with a close frame that it is over; the peer may never answer. */
  finish(code: CloseCode, reason: string): void;
  /** Ends it without the peer's help, as far as that can be done. */
  drop(code: CloseCode, reason: string): void;
}

interface Goodbye {
  readonly connection: ClosableConnection;
  readonly code: CloseCode;
  readonly reason: string;
  /** When the connection is dropped. */
  readonly until: number;
  received: number;
  silences: number;
}

/**
 * All connections of an instance that take room, and how those end that have to.
 *
 * Deno cuts a connection on which something arrives after `close()`, as a `hello` does where a session
 * is refused at once. The peer may then see neither code nor reason, and come back to where it is not
 * wanted. So a connection is closed once its peer is silent and has taken what was sent. Whatever the
 * peer does, the connection is dropped {@link GOODBYE_MS} after it was decided to end it.
 */
export class OpenConnections {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #onError: (error: unknown) => void;
  /** What takes room: connections, and whatever stands for one that can't be looked at any more. */
  readonly #open = new Set<object>();
  /** OpenConnections whose peers are listened to until they are silent, in the order of `until`. */
  readonly #talking = new Map<ClosableConnection, Goodbye>();
  /** Connections that have got their close frame, in the order of `until`. */
  readonly #told = new Map<ClosableConnection, Goodbye>();
  #timer: Timer | undefined;

  /** @param options `max`: as many connections may take room */
  constructor(
    { clock, max, onError }: { clock: Clock; max: number; onError: (error: unknown) => void },
  ) {
    this.#clock = clock;
    this.#max = max;
    this.#onError = onError;
  }

  /** Connections that take room. */
  get size(): number {
    return this.#open.size;
  }

  /** Those of them that are told to end. */
  get leaving(): number {
    return this.#talking.size + this.#told.size;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#max;
  }

  add(connection: object): void {
    this.#open.add(connection);
  }

  /** The connection is gone. */
  delete(connection: object): void {
    this.#open.delete(connection);
    this.#forget(connection as ClosableConnection);
  }

  /** Begins to end a connection. */
  end(connection: ClosableConnection, code: CloseCode, reason: string): void {
    if (this.#told.has(connection) || this.#talking.has(connection)) return;
    const { received } = connection;
    this.#talking.set(connection, {
      connection,
      code,
      reason,
      until: this.#clock.monotonic() + GOODBYE_MS,
      received,
      silences: received === 0 ? SILENCES_BEFORE_HELLO : SILENCES,
    });
    this.#timer ??= repeat(this.#clock, SILENCE_MS, () => this.#look(), this.#onError);
  }

  /** Drops a connection that is about to end, the one that was told first; false where there is none. */
  dropOne(): boolean {
    const first = this.#told.values().next().value ?? this.#talking.values().next().value;
    if (first !== undefined) this.#drop(first);
    return first !== undefined;
  }

  /** Drops all that are told to end. */
  dropAll(): void {
    while (this.dropOne());
  }

  #look(): void {
    const now = this.#clock.monotonic();
    for (const goodbye of this.#talking.values()) {
      if (goodbye.until <= now) this.#drop(goodbye);
      else if (this.#isDone(goodbye)) this.#finish(goodbye);
    }
    for (const goodbye of this.#told.values()) {
      if (goodbye.until > now) break;
      this.#drop(goodbye);
    }
  }

  /** Whether its peer was silent, or had its time, and has taken what was sent. */
  #isDone(goodbye: Goodbye): boolean {
    const { received, buffered } = goodbye.connection;
    const isSilent = received === goodbye.received && received > 0;
    goodbye.received = received;
    goodbye.silences--;
    return buffered === 0 && (isSilent || goodbye.silences <= 0);
  }

  #finish(goodbye: Goodbye): void {
    const { connection, code, reason } = goodbye;
    this.#talking.delete(connection);
    this.#told.set(connection, goodbye);
    connection.finish(code, reason);
  }

  #drop({ connection, code, reason }: Goodbye): void {
    this.#forget(connection);
    connection.drop(code, reason);
  }

  #forget(connection: ClosableConnection): void {
    this.#talking.delete(connection);
    this.#told.delete(connection);
    if (this.leaving > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
