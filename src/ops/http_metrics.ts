import type { Answer } from "../http/observe.ts";
import type { Metrics } from "./metrics.ts";

/** Registers the metrics of HTTP and gives what counts an answer. */
export function httpMetrics(metrics: Metrics): (answer: Answer) => void {
  const requests = metrics.counter("bellwire_http_requests_total", "HTTP requests answered");
  const duration = metrics.histogram(
    "bellwire_http_request_duration_seconds",
    "Time until an HTTP request was answered",
  );
  return ({ method, route, status, seconds }) => {
    requests.add(1, { method, route, status });
    duration.observe(seconds, { method, route });
  };
}
