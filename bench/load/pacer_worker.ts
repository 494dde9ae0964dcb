/// <reference no-default-lib="true" />
// deno-lint-ignore triple-slash-reference -- nothing else tells the compiler that this is a worker
/// <reference lib="deno.worker" />

import type { PacerJob } from "./pacer.ts";

const neverNotified = new Int32Array(new SharedArrayBuffer(4));

self.onmessage = ({ data: { start, every, count } }: MessageEvent<PacerJob>) => {
  for (let tick = 0; tick < count; tick++) {
    const wait = start + tick * every - (performance.timeOrigin + performance.now());
    if (wait > 0) Atomics.wait(neverNotified, 0, 0, wait);
    self.postMessage(tick);
  }
  self.close();
};
