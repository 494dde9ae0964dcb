import { BellwireError } from "./errors.ts";
import { mapValues } from "./map_values.ts";
import type { RequestMessage, StreamName } from "./messages.ts";
import type { State } from "./state.ts";
import type { MarkOp } from "./notification.ts";
import type { Markable } from "./types.ts";

/**
 * The marks that some items take, one for each stream.
 *
 * @throws {BellwireError} `not_found` where one is not there
 */
export function markRequests(
  { streams }: State,
  op: MarkOp,
  marked: readonly Markable[],
): RequestMessage[] {
  const left = new Set(marked.map((item) => Object(item).id ?? item));
  const requests = Object.entries(streams).flatMap(([stream, { items }]) => {
    const seqs = items.filter(({ id }) => left.delete(id)).map(({ seq }) => seq);
    return seqs.length
      ? [{ type: "mark", op, stream: stream as StreamName, items: seqs } as const]
      : [];
  });
  for (const missing of left) {
    throw new BellwireError("not_found", `${missing} is not in the snapshot`);
  }
  return requests;
}

/** The marks that everything takes which is there by now. */
export function markAllRequests({ streams }: State, op: MarkOp): RequestMessage[] {
  const upTo = mapValues(streams, ({ seq }) => seq);
  return Object.keys(upTo).length ? [{ type: "mark", op, upTo }] : [];
}
