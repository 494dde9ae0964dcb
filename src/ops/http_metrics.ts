import type { Answer } from "../http/middleware.ts";
import type { Labels, Metrics } from "./metrics.ts";
import type { DescribedRoute } from "../http/openapi.ts";

/** The metrics of HTTP requests. */
export interface HttpMetrics {
  /** Counts a response. */
  answered(answer: Answer): void;
  /** Creates the series of these routes at 0, for each status that they can answer with. */
  expect(routes: Iterable<DescribedRoute>): void;
}

/** Registers the metrics of HTTP requests. */
export function httpMetrics(metrics: Metrics): HttpMetrics {
  const requests = metrics.counter(
    "bellwire_http_requests_total",
    "HTTP requests that were answered",
    [],
  );
  const duration = metrics.histogram(
    "bellwire_http_request_duration_seconds",
    "Time from an HTTP request to its response",
    { known: [] },
  );
  // There are few methods, routes and statuses, so their labels are kept.
  const known = new Map<string, { call: Labels; answer: Labels }>();

  function labelsOf({ method, route, status }: Omit<Answer, "seconds">) {
    const name = `${method} ${route} ${status}`;
    let labels = known.get(name);
    if (labels === undefined) {
      labels = { call: { method, route }, answer: { method, route, status } };
      known.set(name, labels);
    }
    return labels;
  }

  return {
    answered(answer) {
      const labels = labelsOf(answer);
      requests.add(1, labels.answer);
      duration.observe(answer.seconds, labels.call);
    },
    expect(routes) {
      for (const { method, path: route, statuses } of routes) {
        const labels = statuses.map((status) => labelsOf({ method, route, status }));
        requests.expect(labels.map(({ answer }) => answer));
        duration.expect(labels.map(({ call }) => call));
      }
    },
  };
}
