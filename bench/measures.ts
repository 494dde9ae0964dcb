import type { Topology } from "./contenders/cluster.ts";
import type { ScenarioName } from "./load/main.ts";

/** A number that must not be undercut, or not be exceeded. */
export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** A line of the report. */
export interface Row {
  readonly label: string;
  /** Which number of the result it shows. */
  readonly metric: string;
  readonly unit: "/s" | "ms" | "s" | "KiB" | "";
  /** What a number of the result is divided by to be in that unit; 1 unless given. */
  readonly divisor?: number;
  /** None where it is only looked at. */
  readonly goal?: Bound;
  /** How it is compared; `theirs/ours` makes a speed of a time. */
  readonly ratio: "ours/theirs" | "theirs/ours";
  readonly ofCeiling?: Bound;
  readonly ofRival?: Bound;
}

/** Something that is done and measured. */
export interface Measure {
  /** Its number in `--only`. */
  readonly id: string;
  /** A load on a running server, or its start itself. */
  readonly work: ScenarioName | "start";
  /** What marks the upper end of what is possible here. */
  readonly ceiling?: "kvRate" | "kvLatency" | "denokvRate" | "sockets";
  /** Whether Socket.IO can do it too. */
  readonly rival: boolean;
  /** What is started; one instance on a file of its own unless told. */
  readonly topology?: Topology;
  readonly rows: readonly Row[];
}

/** What one instance is to reach, and against what it is held. */
export const singleMeasures: readonly Measure[] = [
  {
    id: "1",
    work: "publishRate",
    ceiling: "kvRate",
    rival: true,
    rows: [{
      label: "publishes a second, 64 connections, 1,000 users",
      metric: "perSecond",
      unit: "/s",
      goal: { atLeast: 9000 },
      ratio: "ours/theirs",
      ofCeiling: { atLeast: 0.7 },
      ofRival: { atLeast: 0.75 },
    }],
  },
  {
    id: "1b",
    work: "publishRateReceiving",
    ceiling: "kvRate",
    rival: true,
    rows: [{
      label: "the same with those users connected and receiving",
      metric: "perSecond",
      unit: "/s",
      goal: { atLeast: 8000 },
      ratio: "ours/theirs",
      ofCeiling: { atLeast: 0.7 },
      ofRival: { atLeast: 0.75 },
    }],
  },
  {
    id: "2",
    work: "publishLatency",
    ceiling: "kvLatency",
    rival: true,
    rows: [
      {
        label: "publish → 201 at 1,000/s, p50",
        metric: "answeredP50",
        unit: "ms",
        goal: { atMost: 1 },
        ratio: "ours/theirs",
      },
      {
        label: "publish → 201 at 1,000/s, p99",
        metric: "answeredP99",
        unit: "ms",
        goal: { atMost: 8 },
        ratio: "ours/theirs",
        ofRival: { atMost: 1.2 },
      },
    ],
  },
  {
    id: "3",
    work: "deliveryLatency",
    rival: true,
    rows: [
      {
        label: "publish → device at 1,000/s, 1,000 users connected, p50",
        metric: "deliveredP50",
        unit: "ms",
        goal: { atMost: 1.5 },
        ratio: "ours/theirs",
      },
      {
        label: "publish → device at 1,000/s, 1,000 users connected, p99",
        metric: "deliveredP99",
        unit: "ms",
        goal: { atMost: 10 },
        ratio: "ours/theirs",
        ofRival: { atMost: 1.2 },
      },
    ],
  },
  {
    id: "4",
    work: "fanOut",
    ceiling: "sockets",
    rival: true,
    rows: [{
      label: "one publish → the last of 5,000 sockets of a user, p50",
      metric: "lastReachedP50",
      unit: "ms",
      goal: { atMost: 60 },
      ratio: "theirs/ours",
      ofCeiling: { atLeast: 0.85 },
      ofRival: { atLeast: 1.7 },
    }],
  },
  {
    id: "5",
    work: "idleMemory",
    ceiling: "sockets",
    rival: true,
    rows: [{
      label: "memory per idle authenticated connection, 5,000 of them",
      metric: "bytesPerConnection",
      unit: "KiB",
      divisor: 1024,
      goal: { atMost: 26 },
      ratio: "ours/theirs",
      ofCeiling: { atMost: 1.25 },
    }],
  },
  {
    id: "6",
    work: "reconnect",
    rival: false,
    rows: [{
      label: "reconnect of 5,000 sockets that each missed 10, all caught up",
      metric: "caughtUpMs",
      unit: "s",
      divisor: 1000,
      goal: { atMost: 5 },
      ratio: "ours/theirs",
    }],
  },
  {
    id: "7",
    work: "start",
    ceiling: "sockets",
    rival: true,
    rows: [{
      label: "start → ready, warm cache",
      metric: "readyAfterMs",
      unit: "s",
      divisor: 1000,
      goal: { atMost: 1 },
      ratio: "ours/theirs",
    }],
  },
];
