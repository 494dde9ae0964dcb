import type { Intent } from "../../../src/domain/intent.ts";
import type { Item, Seq } from "../../../src/domain/item.ts";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import { utf8 } from "../../../src/store/codec/bytes.ts";
import type { Entry } from "../../../src/store/journal/entry.ts";
import { keys } from "../../../src/store/keys.ts";
import type { KvKey } from "../../../src/kv/kv.ts";
import { CORRUPT, type Step } from "./journal_stories.ts";

/** What an entry writes besides its streams, so that a test can tell what became of it. */
export const noteKey = (token: string): KvKey => ["note", token];

/** The row that admits an entry once. */
export const onceKey = (key: string): KvKey => keys.idempotency("publisher", key);

/** Thrown by the `validate` of a publish whose key was used. */
export class UsedBefore extends Error {}
/** Thrown by the entries that always fail. */
export class Refused extends Error {}

/** An item that says whose it is. @param bytes its size */
export function itemOf(token: string, bytes: number, collapseKey?: string): Item {
  const empty = JSON.stringify({ id: token, pad: "" });
  const json = JSON.stringify({ id: token, pad: " ".repeat(Math.max(0, bytes - empty.length)) });
  const item = { id: token, json, bytes: utf8(json) };
  return collapseKey === undefined ? item : { ...item, collapseKey };
}

type Seqs = readonly (Seq | undefined)[];

/** The entry for a step, with the stream of each of its parts. @param token tells it from all others */
export function entryOf(
  step: Exclude<Step, { kind: "look" }>,
  token: string,
): { entry: Entry<Seqs>; streams: StreamName[] } {
  const { parts, streams } = partsOf(step, token);
  const complete: Entry<Seqs>["complete"] = (seqs) => {
    if (step.kind === "faulty") throw new Refused(token);
    const value = utf8(JSON.stringify(seqs));
    // Where nothing changed there is nothing to note: no check could keep it from being noted twice.
    const changed = seqs.some((seq) => seq !== undefined);
    return {
      mutations: changed ? [{ kind: "set", key: noteKey(token), value }] : [],
      result: seqs,
    };
  };
  if (step.kind === "refused") {
    const validate = () => {
      throw new Refused(token);
    };
    return { entry: { parts, validate, complete }, streams };
  }
  if (step.kind !== "publish" || step.onceAs === undefined) {
    return { entry: { parts, complete }, streams };
  }
  const once = onceKey(step.onceAs);
  const entry: Entry<Seqs> = {
    parts,
    reads: [once],
    validate: ([row]) => {
      if (row === undefined || row.value !== null) throw new UsedBefore(token);
    },
    complete: (seqs, rows) => {
      const { mutations, result } = complete(seqs, rows);
      return {
        mutations: [...mutations, { kind: "set", key: once, value: utf8(token) }],
        result,
      };
    },
  };
  return { entry, streams };
}

function partsOf(
  step: Exclude<Step, { kind: "look" }>,
  token: string,
): { parts: { stream: StreamName; intent: Intent }[]; streams: StreamName[] } {
  const to = (streams: readonly StreamName[], intent: Intent) => ({
    parts: streams.map((stream) => ({ stream, intent })),
    streams: [...streams],
  });
  const publish: Intent = { kind: "publish", item: itemOf(token, 60) };
  switch (step.kind) {
    case "publish":
      return to(step.streams, {
        kind: "publish",
        item: itemOf(token, step.bytes, step.collapseKey),
      });
    case "mark":
      return to([step.stream], { kind: "mark", op: step.op, scope: step.scope });
    case "expire":
      return to([step.stream], { kind: "expire", seq: step.seq });
    case "open":
      return to([step.stream], { kind: "open" });
    case "swept":
      return to([step.stream], { kind: "swept", upTo: 0, items: 0 });
    case "refused":
    case "faulty":
      return to([step.stream], publish);
    case "corrupt":
      return to([step.stream, CORRUPT], publish);
  }
}
