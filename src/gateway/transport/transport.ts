import type { CloseCode } from "../protocol/close_code.ts";
import type { Frame } from "../protocol/frame.ts";

/**
 * One live connection as a session sees it.
 *
 * - `send` never blocks and never throws; what the peer has not taken yet counts in `buffered`. After
 *   `close`, or once the peer is gone, it does nothing.
 * - `buffered` is in bytes; a peer that reads makes it shrink. Nobody says when it does: look again.
 * - `close` may be called more than once. It does not wait for the peer, which may never answer.
 * - `whenGone` calls `task` once the connection holds nothing any more, at once where it is so already.
 */
export interface Transport {
  readonly buffered: number;
  /** Whether its peer can send nothing, no answer to a ping either. */
  readonly isOneWay?: boolean;
  send(frame: Frame): void;
  close(code: CloseCode, reason: string): void;
  whenGone(task: () => void): void;
}
