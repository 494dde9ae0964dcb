import type { Answer } from "../http/observe.ts";
import type { Labels, Metrics } from "./metrics.ts";

/** Registers the metrics of HTTP and gives what counts an answer. */
export function httpMetrics(metrics: Metrics): (answer: Answer) => void {
  const requests = metrics.counter("bellwire_http_requests_total", "HTTP requests answered");
  const duration = metrics.histogram(
    "bellwire_http_request_duration_seconds",
    "Time until an HTTP request was answered",
  );
  // Methods, routes and statuses are few, so their labels are made once.
  const known = new Map<string, { call: Labels; answer: Labels }>();
  return ({ method, route, status, seconds }) => {
    const name = `${method} ${route} ${status}`;
    let labels = known.get(name);
    if (labels === undefined) {
      labels = { call: { method, route }, answer: { method, route, status } };
      known.set(name, labels);
    }
    requests.add(1, labels.answer);
    duration.observe(seconds, labels.call);
  };
}
