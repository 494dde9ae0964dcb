import { applyChange } from "./apply_change.ts";
import { mapValues } from "./map_values.ts";
import type { ChangeMessage, StreamMessage, WireItem } from "./messages.ts";
import type { Request, State, Stream } from "./state.ts";
import type { Notification } from "./types.ts";

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
export class Hole extends Error {}

/** The state after an operation. Pure. @throws {Hole} */
export function reduce(state: State, operation: Operation): State {
  switch (operation.do) {
    case "messages": {
      const { messages, eventId } = operation;
      return { ...messages.reduce(take, state), eventId };
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
  switch (message.type) {
    case "welcome": {
      // One that is not there any more is no concern of the user's.
      const left = Object.entries(state.streams).filter(([name]) => name in message.streams);
      const oldest = mapValues(message.streams, ({ oldest }) => oldest);
      return { ...state, streams: Object.fromEntries(left), oldest, counts: message.counts };
    }
    case "reset": {
      const { stream, items, epoch, seq, counts } = message;
      const own = items.map(({ seq, ...item }) => toItem(stream, seq, item)).reverse();
      // With the user's own stream the topics start over too, be it on the next connection. Until then
      // they are shown as they are, and of no epoch that there is.
      const others = stream === "user"
        ? mapValues(state.streams, (topic) => ({ ...topic, epoch: "" }))
        : state.streams;
      const streams = { ...others, [stream]: { epoch, seq, items: own } };
      return { ...state, streams, counts, next: undefined };
    }
    case "caughtUp": {
      const { stream: name, seq, oldest = 0, counts = state.counts } = message;
      const stream = known(state, name);
      const moved = { ...below(stream, oldest), seq: Math.max(stream.seq, seq) };
      return { ...state, streams: { ...state.streams, [name]: moved }, counts };
    }
    case "notification":
    case "change":
      return takeEvent(state, message);
    default:
      return state;
  }
}

function takeEvent(
  state: State,
  event: Extract<StreamMessage, { type: "notification" | "change" }>,
): State {
  const { stream: name, seq, counts, live } = event;
  const stream = known(state, name);
  if (seq <= stream.seq) return state;
  if (live && seq > stream.seq + 1) throw new Hole();
  const streams = { ...state.streams };
  if (event.type === "notification") {
    const items = [...stream.items, toItem(name, seq, event.item)];
    streams[name] = below({ ...stream, seq, items }, event.oldest ?? 0);
  } else {
    streams[name] = { ...stream, seq };
    change(streams, event);
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

function known({ streams }: State, name: string): Stream {
  const stream = streams[name];
  if (!stream) throw new Hole();
  return stream;
}

function below(stream: Stream, oldest: number): Stream {
  return (stream.items[0]?.seq ?? oldest) >= oldest
    ? stream
    : { ...stream, items: stream.items.filter(({ seq }) => seq >= oldest) };
}

/** The service's own fields of an item, together with where it is. */
function toItem(stream: string, seq: number, item: WireItem): Notification {
  return { ...item, stream, seq } as unknown as Notification;
}
