import type { MarkRun } from "../../domain/marks.ts";
import type { TopicMembership } from "../../domain/topic_membership.ts";
import { ByteReader, ByteWriter, CorruptRecord, unknownLayout } from "./bytes.ts";

/** First byte of an encoded membership; another layout gets another. */
const VERSION = 1;
const GRANTED = 1;
/** More than there are items to mark. */
const RUNS_MAX = 100_000;

/** A membership as bytes; runs of marks are written as differences to the one before. */
export function encodeMembership(membership: TopicMembership): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.uint(VERSION);
  out.uint(membership.granted ? GRANTED : 0);
  out.uint(membership.joined);
  out.uint(membership.seenUpTo);
  out.uint(membership.marks.length);
  let end = 0;
  for (const { from, to, flags } of membership.marks) {
    // Flags take three bits.
    out.uint((from - end) * 8 + flags);
    out.uint(to - from);
    end = to;
  }
  return out.finish();
}

/** What {@link encodeMembership} wrote; throws {@link CorruptRecord} where it was something else. */
export function decodeMembership(bytes: Uint8Array): TopicMembership {
  const from = new ByteReader(bytes);
  const version = from.uint();
  if (version !== VERSION) {
    throw unknownLayout("A membership", { found: version, newest: VERSION });
  }
  const granted = from.uint() === GRANTED;
  const joined = from.uint();
  const seenUpTo = from.uint();
  const marks: MarkRun[] = [];
  let end = 0;
  for (let left = from.count(RUNS_MAX); left > 0; left--) {
    const value = from.uint();
    const start = end + Math.floor(value / 8);
    end = start + from.uint();
    if (!Number.isSafeInteger(end)) throw new CorruptRecord("A number is too large");
    marks.push({ from: start, to: end, flags: value % 8 });
  }
  from.end();
  return { granted, joined, seenUpTo, marks };
}
