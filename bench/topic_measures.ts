import type { Measure } from "./measures.ts";

/** What one instance is to reach with topics, marks, and clients that come and go. */
export const topicMeasures: readonly Measure[] = [
  {
    id: "t1",
    work: "everyoneFanOut",
    ceiling: "sockets",
    rival: true,
    rows: [{
      label: "one publish to everyone → the last of 5,000 sockets of as many users, p50",
      metric: "lastReachedP50",
      unit: "ms",
      goal: { atMost: 60 },
      ratio: "theirs/ours",
    }],
  },
  {
    id: "t2",
    work: "topicDeliveryRate",
    ceiling: "sockets",
    rival: true,
    rows: [{
      label: "deliveries a second to 1,000 sockets of a topic",
      metric: "deliveriesPerSecond",
      unit: "/s",
      goal: { atLeast: 110_000 },
      ratio: "ours/theirs",
    }],
  },
  {
    id: "t3",
    work: "readAll",
    rival: false,
    rows: [{
      label: "1,000 unread are read by `upTo` → the last of 5 devices of the user, p50",
      metric: "lastToldP50",
      unit: "ms",
      goal: { atMost: 10 },
      ratio: "theirs/ours",
    }],
  },
  {
    id: "t4",
    work: "jitter",
    rival: false,
    rows: [{
      label: "1,000 clients come and go for 60 s, 10 publishes/s to everyone: catching up, p99",
      metric: "caughtUpP99",
      unit: "ms",
      goal: { atMost: 100 },
      ratio: "theirs/ours",
    }, {
      label: "of that lost, or twice",
      metric: "flawed",
      unit: "",
      goal: { atMost: 0 },
      ratio: "ours/theirs",
    }],
  },
  {
    id: "t5",
    work: "topicSize",
    rival: false,
    rows: [{
      label: "publishes a second to a topic of 10 members",
      metric: "fewPerSecond",
      unit: "/s",
      ratio: "ours/theirs",
    }, {
      label: "the same where it has 100,000",
      metric: "manyPerSecond",
      unit: "/s",
      ratio: "ours/theirs",
    }, {
      label: "the second of the first",
      metric: "share",
      unit: "",
      goal: { atLeast: 0.95 },
      ratio: "ours/theirs",
    }],
  },
];
