import type { Measure, Row } from "./measures.ts";

function size(label: string, metric: string, atMost: number): Row {
  return { label, metric, unit: "KiB", divisor: 1024, goal: { atMost }, ratio: "ours/theirs" };
}

/** What a page is to have of the browser client, and what it is to cost. */
export const clientMeasures: readonly Measure[] = [
  {
    id: "b1",
    work: "clientSizes",
    rival: false,
    rows: [
      size("the client, minified and gzipped", "client", 8),
      {
        label: "what few pages need, loaded on demand",
        metric: "client-more",
        unit: "KiB",
        divisor: 1024,
        ratio: "ours/theirs",
      },
      size("the elements, with the client", "elements", 20),
      size("the hooks for React, without the client", "react", 2),
    ],
  },
  {
    id: "b2",
    work: "pageStart",
    rival: false,
    rows: [
      {
        label: "`import()` → the first notification, a user who is new to the browser, p50",
        metric: "firstP50",
        unit: "ms",
        goal: { atMost: 100 },
        ratio: "theirs/ours",
      },
      {
        label: "`import()` → the first missed notification, a user who returns, p50",
        metric: "returningP50",
        unit: "ms",
        goal: { atMost: 100 },
        ratio: "theirs/ours",
      },
    ],
  },
  {
    id: "b3",
    work: "longInbox",
    rival: false,
    rows: [
      {
        label: "tasks over 50 ms while 1,000 are scrolled through and one arrives",
        metric: "longTasks",
        unit: "",
        goal: { atMost: 0 },
        ratio: "ours/theirs",
      },
      { label: "the longest of them", metric: "longestMs", unit: "ms", ratio: "ours/theirs" },
    ],
  },
];
