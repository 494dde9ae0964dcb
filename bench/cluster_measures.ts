import type { Topology } from "./contenders/cluster.ts";
import type { Bound, Measure } from "./measures.ts";

const denokv = (instances: number): Topology => ({ store: "denokv", instances });
const workers = (count: number): Topology => ({ store: "file", instances: 1, workers: count });

/** What several instances on one machine are to reach together. */
export const clusterMeasures: readonly Measure[] = [
  {
    id: "c1",
    work: "deliveryElsewhere",
    topology: denokv(2),
    rival: false,
    rows: [
      crossing("publish on A → device on B through denokv at 200/s", "P50", { atMost: 8 }),
      crossing("publish on A → device on B through denokv at 200/s", "P99", { atMost: 80 }),
    ],
  },
  {
    id: "c2",
    work: "deliveryAcrossWorkers",
    topology: workers(2),
    rival: false,
    rows: [
      crossing("the same between two workers on a local file", "P50", { atMost: 3 }),
      crossing("the same between two workers on a local file", "P99"),
    ],
  },
  {
    id: "c3",
    work: "publishRate",
    topology: denokv(1),
    ceiling: "denokvRate",
    rival: false,
    rows: [published("durable publishes a second through denokv, 1 instance", { atLeast: 4000 })],
  },
  {
    id: "c3b",
    work: "publishRate",
    topology: denokv(2),
    ceiling: "denokvRate",
    rival: false,
    rows: [
      published("the same through 2 instances, which publish to the same 1,000 users", {
        atLeast: 4000,
      }),
    ],
  },
  {
    id: "c4",
    work: "instanceKilled",
    topology: denokv(3),
    rival: false,
    rows: [{
      label:
        "2,000 clients on 3 instances, 500 publishes/s, one killed: all its clients are caught up elsewhere",
      metric: "caughtUpMs",
      unit: "s",
      divisor: 1000,
      goal: { atMost: 8 },
      ratio: "ours/theirs",
    }, {
      label: "of that what a client waited for from its own last try on, the longest",
      metric: "ownShareMax",
      unit: "s",
      divisor: 1000,
      ratio: "ours/theirs",
    }],
  },
  {
    id: "c5",
    work: "routeCost",
    topology: denokv(1),
    rival: false,
    rows: [{
      label: "KV commits for 5,000 connects of as many new users",
      metric: "commits",
      unit: "",
      goal: { atMost: 1000 },
      ratio: "ours/theirs",
    }, {
      label: "the same when they come back within seconds",
      metric: "commitsAgain",
      unit: "",
      goal: { atMost: 1000 },
      ratio: "ours/theirs",
    }],
  },
  ...[1, 2, 4].flatMap((count) => growth(count)),
];

function growth(count: number): Measure[] {
  const name = `${count} worker${count === 1 ? "" : "s"}`;
  const topology = workers(count);
  return [
    {
      id: `c6p${count}`,
      work: "publishRate",
      topology,
      rival: false,
      rows: [published(`growth, ${name} on a local file: publishes a second`)],
    },
    {
      id: `c6d${count}`,
      work: "deliveryRate",
      topology,
      rival: false,
      rows: [{
        label: `growth, ${name}: deliveries a second to 2,000 sockets of 16 users`,
        metric: "deliveriesPerSecond",
        unit: "/s",
        ratio: "ours/theirs",
      }],
    },
  ];
}

function crossing(label: string, share: "P50" | "P99", goal?: Bound): Measure["rows"][number] {
  return {
    label: `${label}, ${share.toLowerCase()}`,
    metric: `delivered${share}`,
    unit: "ms",
    ratio: "ours/theirs",
    ...(goal === undefined ? {} : { goal }),
  };
}

function published(label: string, goal?: Bound): Measure["rows"][number] {
  return {
    label,
    metric: "perSecond",
    unit: "/s",
    ratio: "ours/theirs",
    ...(goal === undefined ? {} : { goal }),
  };
}
