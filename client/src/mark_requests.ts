import { BellwireError } from "./errors.ts";
import type { RequestMessage } from "./messages.ts";
import type { State } from "./state.ts";
import type { Markable, MarkOp } from "./types.ts";

/** A mark of items of one stream. */
export interface MarkRequest {
  readonly message: Extract<RequestMessage, { type: "mark" }>;
  readonly epochs: Readonly<Record<string, string>>;
}

/**
 * The marks that some items take, one for each stream.
 *
 * @throws {BellwireError} `not_found` where one is not there
 */
export function markRequests(
  { streams }: State,
  op: MarkOp,
  marked: readonly Markable[],
): MarkRequest[] {
  const left = new Set(marked.map((item) => typeof item === "string" ? item : item.id));
  const requests = Object.entries(streams).flatMap(([stream, { epoch, items }]): MarkRequest[] => {
    const seqs = items.filter(({ id }) => left.delete(id)).map(({ seq }) => seq);
    if (seqs.length === 0) return [];
    const message = { type: "mark", op, stream, items: seqs } as const;
    return [{ message, epochs: { [stream]: epoch } }];
  });
  const [missing] = left;
  if (missing === undefined) return requests;
  throw new BellwireError("not_found", `There is no notification ${missing} in the snapshot`);
}
