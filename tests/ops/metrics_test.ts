import assert from "node:assert/strict";
import { httpMetrics } from "../../src/ops/http_metrics.ts";
import { Metrics } from "../../src/ops/metrics.ts";
import { processMetrics } from "../../src/ops/process_metrics.ts";

Deno.test("counters count, also by label, and are there before the first event", () => {
  const metrics = new Metrics();
  metrics.counter("bellwire_quiet_total", "Nothing yet");
  const published = metrics.counter("bellwire_published_total", "Published");
  published.add();
  published.add(2);
  const refused = metrics.counter("bellwire_refused_total", "Refused", [
    { code: "overloaded" },
    { code: "unavailable" },
  ]);
  refused.add(1, { code: "overloaded" });
  refused.add(1, { code: "overloaded" });
  refused.add(1, { code: 'a"b\\c\nd' });
  assert.equal(
    metrics.text(),
    `# HELP bellwire_quiet_total Nothing yet
# TYPE bellwire_quiet_total counter
bellwire_quiet_total 0
# HELP bellwire_published_total Published
# TYPE bellwire_published_total counter
bellwire_published_total 3
# HELP bellwire_refused_total Refused
# TYPE bellwire_refused_total counter
bellwire_refused_total{code="overloaded"} 2
bellwire_refused_total{code="unavailable"} 0
bellwire_refused_total{code="a\\"b\\\\c\\nd"} 1
`,
  );
});

Deno.test("a metric with labels has no series without, also before anything happened", () => {
  const metrics = new Metrics();
  metrics.counter("bellwire_unknown_total", "Nothing is known of it", []);
  metrics.histogram("bellwire_time", "Time", { buckets: [1], known: [{ call: "get" }] });
  assert.equal(
    metrics.text(),
    `# HELP bellwire_unknown_total Nothing is known of it
# TYPE bellwire_unknown_total counter
# HELP bellwire_time Time
# TYPE bellwire_time histogram
bellwire_time_bucket{call="get",le="1"} 0
bellwire_time_bucket{call="get",le="+Inf"} 0
bellwire_time_sum{call="get"} 0
bellwire_time_count{call="get"} 0
`,
  );
});

Deno.test("a gauge tells what is true when it is asked", () => {
  const metrics = new Metrics();
  let connections = 1;
  metrics.gauge("bellwire_connections", "Open connections", () => connections);
  metrics.gauge("bellwire_info", "Versions", () => 1, { version: "1.2.3" });
  assert.match(metrics.text(), /^bellwire_connections 1$/m);
  connections = 7;
  assert.match(metrics.text(), /^bellwire_connections 7$/m);
  assert.match(metrics.text(), /^bellwire_info{version="1.2.3"} 1$/m);
});

Deno.test("a histogram's buckets are cumulative, and its bounds belong to the lower one", () => {
  const metrics = new Metrics();
  const size = metrics.histogram("bellwire_batch", "Batch", { buckets: [1, 10] });
  for (const value of [0, 1, 1.5, 10, 11]) size.observe(value);
  assert.equal(
    metrics.text(),
    `# HELP bellwire_batch Batch
# TYPE bellwire_batch histogram
bellwire_batch_bucket{le="1"} 2
bellwire_batch_bucket{le="10"} 4
bellwire_batch_bucket{le="+Inf"} 5
bellwire_batch_sum 23.5
bellwire_batch_count 5
`,
  );
});

Deno.test("a name is ours and used once", () => {
  const metrics = new Metrics();
  metrics.counter("bellwire_a_total", "A");
  assert.throws(() => metrics.gauge("bellwire_a_total", "A", () => 1), TypeError);
  assert.throws(() => metrics.counter("http_requests_total", "B"), TypeError);
});

Deno.test("HTTP answers are counted by route and status, with the time they took", () => {
  const metrics = new Metrics();
  const http = httpMetrics(metrics);
  http.answered({ method: "GET", route: "/live", status: 200, seconds: 0.003 });
  http.answered({ method: "GET", route: "/live", status: 200, seconds: 0.02 });
  const text = metrics.text();
  assert.match(text, /^bellwire_http_requests_total{method="GET",route="\/live",status="200"} 2$/m);
  assert.match(
    text,
    /^bellwire_http_request_duration_seconds_bucket{method="GET",route="\/live",le="0.005"} 1$/m,
  );
  assert.match(
    text,
    /^bellwire_http_request_duration_seconds_count{method="GET",route="\/live"} 2$/m,
  );
});

Deno.test("what a route may answer is counted from 0 on, so that the first time is a rise", () => {
  const metrics = new Metrics();
  const http = httpMetrics(metrics);
  http.expect([{ method: "POST", path: "/v1/notifications", statuses: [201, 503] }]);
  const name = (status: number) =>
    `bellwire_http_requests_total{method="POST",route="/v1/notifications",status="${status}"}`;
  assert(metrics.text().includes(`${name(201)} 0\n${name(503)} 0\n`));
  http.answered({ method: "POST", route: "/v1/notifications", status: 503, seconds: 1 });
  assert(metrics.text().includes(`${name(201)} 0\n${name(503)} 1\n`));
});

Deno.test("the process tells its memory and what it runs", () => {
  const metrics = new Metrics();
  processMetrics(metrics, { version: "1.2.3" });
  const text = metrics.text();
  assert.match(text, /^bellwire_build_info{version="1.2.3",deno="\d+\.\d+\.\d+"} 1$/m);
  assert.match(text, /^bellwire_resident_memory_bytes [1-9]\d+$/m);
  assert.match(text, /^bellwire_heap_used_bytes [1-9]\d+$/m);
  assert.match(text, /^bellwire_start_time_seconds \d+/m);
});
