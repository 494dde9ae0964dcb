import { text, utf8 } from "../store/codec/bytes.ts";

/** What a lease says; that it changes is what keeps it. */
export interface Lease {
  /** How often it was renewed. */
  readonly beat: number;
  /** Milliseconds that the instance's clock is ahead of the reference; absent while not known. */
  readonly ahead?: number;
}

export function encodeLease(lease: Lease): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify(lease));
}

/** How far a lease says that its instance's clock is ahead; earlier versions wrote nothing but the beat. */
export function aheadOf(value: Uint8Array): number | undefined {
  const { ahead } = Object(JSON.parse(text(value))) as { ahead?: unknown };
  return typeof ahead === "number" ? ahead : undefined;
}
