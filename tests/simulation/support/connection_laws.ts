import { CloseCode, type Closing } from "../../../src/gateway/protocol/close_code.ts";
import { PAUSE_ABOVE_BYTES, type Session } from "../../../src/gateway/session/session.ts";
import type { FakeTransport } from "../../fakes/fake_transport.ts";

/** What was so at the moment at which a frame was sent. */
export interface Note {
  /** No commit was under way: what the frame says is all that there is. */
  readonly calm: boolean;
}

/** What is remembered of a connection to judge it. */
export interface Watched {
  readonly openedAt: number;
  /** When its peer last took something. */
  readAt: number;
  /** When it was sent the first ping that it has not answered yet. */
  pingedAt: number | undefined;
  transport?: FakeTransport<Note>;
  isOver: boolean;
}

export interface ConnectionLawsOptions {
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly isCalm: () => boolean;
  readonly isRegistered: (session: Session) => boolean;
  readonly pongTimeoutMs: number;
  /** Codes with which the server may close whenever it likes. */
  readonly allowed: readonly number[];
}

/** A frame from the server has fewer bytes. */
const FRAME_MAX = 256 * 1024;
/** Pings and the like, which are sent whatever is unread, come to no more than this. */
const SMALL_TALK = 4 * 1024;
const SMALL = /^\{"type":"(ping|ok|error|disconnect)"/;
const HELLO_WITHIN_MS = 10_000;
const NO_PROGRESS_MS = 60_000;

/** What holds for every connection at any moment; whatever breaks it is noted, in words. */
export class ConnectionLaws {
  readonly broken: string[] = [];
  readonly #options: ConnectionLawsOptions;
  readonly #allowed: Set<number>;

  constructor(options: ConnectionLawsOptions) {
    this.#options = options;
    this.#allowed = new Set(options.allowed);
  }

  /** From now on the server may close with this code whenever it likes. */
  allow(code: CloseCode): void {
    this.#allowed.add(code);
  }

  watch(): Watched {
    const now = this.#options.monotonic();
    return { openedAt: now, readAt: now, pingedAt: undefined, isOver: false };
  }

  /** A frame is about to go out. */
  sending(watched: Watched, text: string, bytes: number): Note {
    if (watched.isOver) this.#note(`sent after the end: ${text.slice(0, 80)}`);
    if (bytes >= FRAME_MAX) this.#note(`a frame of ${bytes} bytes`);
    const unread = watched.transport?.unread ?? 0;
    if (!SMALL.test(text) && unread > PAUSE_ABOVE_BYTES + SMALL_TALK) {
      this.#note(`sent to a device that has ${unread} bytes unread: ${text.slice(0, 80)}`);
    }
    if (text === '{"type":"ping"}') watched.pingedAt ??= this.#options.monotonic();
    return { calm: this.#options.isCalm() };
  }

  /** A session has ended, on the server's side without a closing if its peer went. */
  ended(watched: Watched | undefined, session: Session, closing: Closing | undefined): void {
    if (this.#options.isRegistered(session)) this.#note("ended, and still in the registry");
    if (watched === undefined) return;
    if (watched.isOver) this.#note("ended twice");
    watched.isOver = true;
    if (closing === undefined || this.#allowed.has(closing.code)) return;
    const reason = this.#isWrong(closing.code, watched, session);
    if (reason !== undefined) this.#note(`closed with ${closing.code} though ${reason}`);
  }

  #isWrong(code: number, watched: Watched, session: Session): string | undefined {
    const { monotonic, now, pongTimeoutMs } = this.#options;
    const unless = (fine: boolean, reason: string) => fine ? undefined : reason;
    switch (code) {
      case CloseCode.tokenExpired:
        return unless(now() >= (session.active?.token.expiresAt ?? 0), "its token is good");
      case CloseCode.tooSlow:
        return unless(monotonic() - watched.readAt >= NO_PROGRESS_MS, "it was reading");
      case CloseCode.noHello: {
        const isLate = monotonic() - watched.openedAt >= HELLO_WITHIN_MS;
        return unless(isLate && session.user === undefined, "there was still time for a hello");
      }
      case CloseCode.noPong: {
        const waited = monotonic() - (watched.pingedAt ?? Infinity);
        return unless(waited >= pongTimeoutMs, "it has answered, or there was still time");
      }
      default:
        return "there was no reason";
    }
  }

  #note(what: string): void {
    this.broken.push(`at ${this.#options.monotonic()} ms: ${what}`);
  }
}
