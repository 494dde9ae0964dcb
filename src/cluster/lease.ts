import { utf8 } from "../store/codec/bytes.ts";
import { parseRecord } from "../store/codec/records.ts";

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

/**
 * How far a lease says that its instance's clock is ahead. Undefined where it does not say: earlier
 * versions wrote nothing but the beat. Throws `CorruptRecord` where the lease cannot be read.
 */
export function aheadOf(value: Uint8Array): number | undefined {
  const { ahead } = parseRecord(value) as { ahead?: unknown };
  return typeof ahead === "number" && Number.isFinite(ahead) ? ahead : undefined;
}
