import type { CloseCodes } from "../../../protocol/close_codes.ts";

/** The codes by name: the values of the shared types. */
export const CloseCode: CloseCodes = {
  goingAway: 4001,
  tokenExpired: 4003,
  internal: 4004,
  tooSlow: 4008,
  noHello: 4009,
  noPong: 4012,
  rateLimited: 4013,
  atCapacity: 4014,
  invalidToken: 4500,
  protocolError: 4501,
  revoked: 4503,
  tooManyConnections: 4504,
  forbidden: 4507,
  unsupportedVersion: 4508,
  messageTooLarge: 4509,
};

export type CloseCode = CloseCodes[keyof CloseCodes];

/** Why and how a connection ends. */
export interface Closing {
  readonly code: CloseCode;
  /** For people; at most 123 bytes, as a close frame holds no more. */
  readonly reason: string;
  /** When to come back, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** Devices that an internal error disconnects come back after one to two times this time. */
const RETRY_AFTER_MS = 2_000;

/** Ends a connection because of a fault of the service. Devices come back spread over time. */
export function internalClosing(reason = "Something went wrong here"): Closing {
  const retryAfterMs = RETRY_AFTER_MS + Math.random() * RETRY_AFTER_MS;
  return { code: CloseCode.internal, reason, retryAfterMs };
}

/** Whether a client should come back after this code. */
export function asksToReconnect(code: CloseCode): boolean {
  return code < 4500;
}
