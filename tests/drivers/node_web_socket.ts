import type { EventEmitter } from "node:events";
import { WebSocket } from "ws";

/** What is used of the package `ws`, which has no types. */
export interface NodeSocket extends EventEmitter {
  readonly protocol: string;
  readonly readyState: number;
  send(
    data: string | Uint8Array,
    options: { binary: boolean },
    sent: (error?: Error) => void,
  ): void;
  pause(): void;
  resume(): void;
  close(code?: number): void;
  terminate(): void;
}

/** The client of the package `ws`. */
export const NodeWebSocket = WebSocket as unknown as new (
  url: string,
  protocols: readonly string[],
  options: Record<string, unknown>,
) => NodeSocket;

/** What is used of node's `IncomingMessage`. */
export interface Answer extends EventEmitter {
  readonly statusCode: number;
  setEncoding(encoding: string): void;
}
