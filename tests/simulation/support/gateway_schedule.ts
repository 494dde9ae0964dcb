import type { MarkOp } from "../../../src/domain/event.ts";
import type { TopicStream } from "../../../src/domain/stream_name.ts";
import type { Reading, Resume } from "./simulated_device.ts";

/** Something that happens in a schedule. Users, devices and instances are given by their index. */
export type Action =
  | {
    readonly do: "publish";
    readonly users: readonly number[];
    /** To this topic instead. */
    readonly topic?: number;
    readonly times: number;
    readonly kilobytes: number;
    readonly key?: string;
    readonly ttl?: number;
    /** Seconds after which it is to be sent. */
    readonly later?: number;
    readonly instance: number;
  }
  /** A device says so itself, over its connection. */
  | {
    readonly do: "say";
    readonly device: number;
    readonly what: "publish" | "subscribe" | "unsubscribe";
    readonly topic: number;
    readonly later?: number;
  }
  /** The user, or with `granted` a publisher on the user's behalf, calls an instance. */
  | {
    readonly do: "join";
    readonly user: number;
    readonly topic: number;
    readonly granted: boolean;
    readonly instance: number;
  }
  | {
    readonly do: "leave";
    readonly user: number;
    readonly topic: number;
    readonly instance: number;
  }
  | { readonly do: "erase"; readonly user: number; readonly instance: number }
  /** A mark on the nth newest live item or up to it; several to and fro. */
  | {
    readonly do: "mark";
    readonly user: number;
    /** On the items of these topics; -1 is the user's own stream, as where there are none. */
    readonly topics?: readonly number[];
    /** The device that says it over its connection, rather than a call. */
    readonly device?: number;
    readonly op: MarkOp;
    readonly nth: number;
    readonly upTo: boolean;
    readonly times: number;
    readonly instance: number;
  }
  /** The nth newest notification is taken back. */
  | {
    readonly do: "recall";
    readonly nth: number;
    readonly instance: number;
  }
  | {
    readonly do: "connect";
    readonly device: number;
    readonly resume: Resume;
    readonly early: boolean;
    readonly patterns?: readonly string[];
    readonly instance: number;
  }
  | { readonly do: "drop"; readonly device: number; readonly afterMessages: number }
  | { readonly do: "vanish"; readonly device: number }
  | { readonly do: "read"; readonly device: number; readonly how: Reading }
  /** With a token that allows these topics from now on. */
  | { readonly do: "refresh"; readonly device: number; readonly patterns?: readonly string[] }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "yield"; readonly turns: number }
  | { readonly do: "days"; readonly days: number }
  /** Nothing that an instance sends reaches the KV for so long. */
  | { readonly do: "cutOff"; readonly instance: number; readonly ms: number }
  | Disaster;

/** Something that happens to instances, or that only several of them can do. */
export type Disaster =
  /** Every instance publishes to the same user, or topic, at once, that often. */
  | {
    readonly do: "burst";
    readonly user: number;
    readonly topic?: number;
    readonly times: number;
  }
  /**
   * A call with an idempotency key, made on these instances at once and repeated until each of them
   * has an answer: to these users and so many more, who have no device; or to a topic.
   */
  | {
    readonly do: "campaign";
    readonly users: readonly number[];
    readonly topic?: number;
    readonly more: number;
    readonly instances: readonly number[];
  }
  /**
   * An instance dies at the nth of its next calls to the KV, which still reaches it or not, and comes
   * back after so long or not at all.
   */
  | {
    readonly do: "kill";
    readonly instance: number;
    readonly afterCalls: number;
    readonly reaches: boolean;
    readonly backMs?: number;
  }
  /** It stands still from such a call on, for so long. */
  | {
    readonly do: "stop";
    readonly instance: number;
    readonly afterCalls: number;
    readonly ms: number;
  }
  /** Nobody reaches the KV for so long. */
  | { readonly do: "outage"; readonly how: "refused" | "vanished"; readonly ms: number }
  /** The watch of an instance is silent from now on. */
  | { readonly do: "deafen"; readonly instance: number };

/** The world that a schedule happens in, and what happens. */
export interface Schedule {
  readonly seed: number;
  /** Instances of a cluster; 0 is one that is alone. */
  readonly clustered: number;
  readonly users: number;
  /** For each device its user. */
  readonly devices: readonly number[];
  /** How many there are, `everyone` included. */
  readonly topics: number;
  /** For each device what its token allows in the beginning. */
  readonly patterns: readonly (readonly string[])[];
  readonly itemsMax: number;
  readonly changesMax: number;
  /** Notifications may be so large that a reset does not hold all. */
  readonly large: boolean;
  /** Milliseconds that a way to the KV takes at most; 0: none at all. */
  readonly kvWayMax: number;
  /** The KV fails now and then. */
  readonly faults: boolean;
  /** Milliseconds that the wall clock of each instance is ahead; given where instances can die. */
  readonly skews?: readonly number[];
  /** In the end every instance publishes once more, and all devices have to hear of it soon. */
  readonly lastWord?: boolean;
  /** In the end an instance dies, and presence has to be right soon after. */
  readonly lastDeath?: boolean;
  readonly actions: readonly Action[];
}

/** Topics by their index in a schedule. */
export const TOPICS: readonly TopicStream[] = ["topic:everyone", "topic:red", "topic:blue.1"];

/** A schedule for people to read. */
export function describeSchedule({ actions, ...world }: Schedule): string {
  const lines = actions.map(({ do: name, ...details }) => `  ${name} ${plain(details)}`);
  return [`  ${plain(world)}`, ...lines].join("\n");
}

function plain(value: Record<string, unknown>): string {
  return Object.entries(value).map(([name, its]) => `${name}=${JSON.stringify(its)}`).join(" ");
}
