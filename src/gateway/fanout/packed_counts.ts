import type { Counts } from "../../domain/item.ts";

/**
 * Counts in one number, so that `+` adds them up: a fan-out makes totals for thousands of devices, and
 * needs no object for any of them. Exact for up to 2^26 of a kind, far more than all streams of a user
 * can hold.
 */
export type PackedCounts = number;

const UNREAD = 2 ** 26;

export function packCounts({ unread, unseen }: Counts): PackedCounts {
  return unread * UNREAD + unseen;
}

export function unpackCounts(packedCounts: PackedCounts): Counts {
  return { unread: Math.floor(packedCounts / UNREAD), unseen: packedCounts % UNREAD };
}
