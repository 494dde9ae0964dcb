import { mapValues, type Request, type Scope, type State, type Stream } from "./state.ts";
import type { ChangeMessage, StreamMessage } from "../../protocol/messages.ts";
import type { Notification } from "./notification.ts";

/**
 * Everything that changes a state. All tabs of a browser carry out the same operations in the same
 * order, so that they know the same.
 */
export type Operation =
  /** Messages of the service; `eventId` where they came as server-sent events. */
  | {
    readonly do: "messages";
    readonly messages: readonly StreamMessage[];
    readonly eventId?: string | undefined;
  }
  /** The user asks for something. */
  | { readonly do: "ask"; readonly request: Request }
  /** It was answered, with an error or without. */
  | { readonly do: "answered"; readonly id: string; readonly error: RequestError | undefined }
  | { readonly do: "system"; readonly wanted: boolean };

export interface RequestError {
  readonly code: string;
  readonly message: string;
}

/** An event is missing: whoever is connected has to connect again, and resume. */
export class MissingEvent extends Error {
  override readonly message = "An event is missing";
}

/** The state after an operation. Pure. @throws {MissingEvent} */
export function reduce(state: State, operation: Operation): State {
  switch (operation.do) {
    case "messages": {
      const { messages, eventId } = operation;
      const next = messages.reduce(take, state);
      // A stream that is not known yet follows its welcome as a reset.
      const isComplete = !!next.oldest &&
        Object.keys(next.oldest).every((it) => it in next.streams);
      return { ...next, eventId, loaded: isComplete || !!state.loaded };
    }
    case "ask":
      return { ...state, queue: [...state.queue, operation.request] };
    case "answered":
      return { ...state, queue: state.queue.filter(({ id }) => id !== operation.id) };
    case "system":
      return { ...state, system: operation.wanted };
  }
}

function take(state: State, message: StreamMessage): State {
  const { counts = state.counts } = message;
  if (message.type === "welcome") {
    // One that is not there any more is no concern of the user's.
    const left = Object.entries(state.streams).filter(([name]) => name in message.streams);
    const oldest = mapValues(message.streams, ({ oldest }) => oldest);
    return { ...state, streams: Object.fromEntries(left), oldest, counts };
  }
  const { stream: name, seq } = message;
  if (message.type === "reset") {
    const { epoch } = message;
    const items = message.items.map((item) => ({ ...item, stream: name }) as Notification)
      .reverse();
    // With the user's own stream the topics start over too, be it on the next connection. Until then
    // they are shown as they are, and of no epoch that there is.
    const others = name === "user"
      ? mapValues(state.streams, (topic) => ({ ...topic, epoch: "" }))
      : state.streams;
    const streams = { ...others, [name]: { epoch, seq, items } };
    return { ...state, streams, counts, next: undefined };
  }
  const streams = { ...state.streams };
  const stream = streams[name];
  if (!stream) throw new MissingEvent();
  if (message.type === "caughtUp") {
    const { oldest = 0 } = message;
    streams[name] = { ...below(stream, oldest), seq: Math.max(stream.seq, seq) };
  } else {
    if (seq <= stream.seq) return state;
    if (message.live && seq > stream.seq + 1) throw new MissingEvent();
    streams[name] = { ...stream, seq };
    if (message.type === "change") change(streams, message);
    else if (message.type === "notification") {
      const items = [...stream.items, { ...message.item, stream: name, seq } as Notification];
      streams[name] = below({ ...stream, seq, items }, message.oldest ?? 0);
      // Services of later versions may say more.
    } else return state;
  }
  return { ...state, streams, counts };
}

/** Changes what a change concerns, in place. */
export function change(streams: Record<string, Stream>, message: ChangeMessage): void {
  const { op, stream, target = stream } = message;
  const concerned = streams[target];
  if (!concerned) return;
  if (op === "leave") delete streams[target];
  else streams[target] = { ...concerned, items: applyChange(concerned.items, message) };
}

function below(stream: Stream, oldest: number): Stream {
  return { ...stream, items: stream.items.filter(({ seq }) => seq >= oldest) };
}

/** The flag that a change sets, or takes away where it begins with `un`; null where the item goes. */
const EFFECTS: Readonly<Record<string, "read" | "seen" | "archived" | null | undefined>> = {
  read: "read",
  unread: "read",
  seen: "seen",
  archive: "archived",
  unarchive: "archived",
  delete: null,
  replace: null,
  expire: null,
  recall: null,
};

/** Items of one stream after a change. Those that stay as they are stay the same objects. */
export function applyChange(
  items: readonly Notification[],
  { op, items: named = [], upTo }: Scope & { readonly op: string },
): readonly Notification[] {
  const flag = EFFECTS[op];
  if (flag === undefined) return items;
  const value = !op.startsWith("un");
  // Seeing one means having seen what came before it.
  const limit = upTo ?? (op === "seen" ? Math.max(...named) : -1);
  const wanted = new Set(named);
  return items.flatMap((item) => {
    if (item.seq > limit && !wanted.has(item.seq)) return item;
    if (flag === null) return [];
    return item[flag] === value ? item : { ...item, [flag]: value };
  });
}
