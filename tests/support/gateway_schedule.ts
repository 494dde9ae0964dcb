import type { MarkOp } from "../../src/domain/event.ts";
import type { Reading, Resume } from "./simulated_device.ts";

/** Something that happens in a schedule. Users, devices and instances are given by their index. */
export type Action =
  | {
    readonly do: "publish";
    readonly users: readonly number[];
    readonly times: number;
    readonly kilobytes: number;
    readonly key?: string;
    readonly ttl?: number;
    readonly instance: number;
  }
  /** A mark on the nth newest live item or up to it; several to and fro. */
  | {
    readonly do: "mark";
    readonly user: number;
    readonly op: MarkOp;
    readonly nth: number;
    readonly upTo: boolean;
    readonly times: number;
    readonly instance: number;
  }
  | {
    readonly do: "recall";
    readonly user: number;
    readonly nth: number;
    readonly instance: number;
  }
  | {
    readonly do: "connect";
    readonly device: number;
    readonly resume: Resume;
    readonly early: boolean;
    readonly instance: number;
  }
  | { readonly do: "drop"; readonly device: number; readonly afterMessages: number }
  | { readonly do: "vanish"; readonly device: number }
  | { readonly do: "read"; readonly device: number; readonly how: Reading }
  | { readonly do: "refresh"; readonly device: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "yield"; readonly turns: number }
  | { readonly do: "days"; readonly days: number }
  /** Nothing that an instance sends reaches the KV for so long. */
  | { readonly do: "cutOff"; readonly instance: number; readonly ms: number }
  | Disaster;

/** Something that happens to instances, or that only several of them can do. */
export type Disaster =
  /** Every instance publishes to the same user at once, that often. */
  | { readonly do: "burst"; readonly user: number; readonly times: number }
  /**
   * A call with an idempotency key, made on these instances at once and repeated until each of them
   * has an answer: to these users and so many more, who have no device.
   */
  | {
    readonly do: "campaign";
    readonly users: readonly number[];
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

/** A schedule for people to read. */
export function describeSchedule({ actions, ...world }: Schedule): string {
  const lines = actions.map(({ do: name, ...details }) => `  ${name} ${plain(details)}`);
  return [`  ${plain(world)}`, ...lines].join("\n");
}

function plain(value: Record<string, unknown>): string {
  return Object.entries(value).map(([name, its]) => `${name}=${JSON.stringify(its)}`).join(" ");
}
