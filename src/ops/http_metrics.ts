import type { DescribedRoute } from "../http/described_routes.ts";
import type { Answer } from "../http/observe.ts";
import type { Labels, Metrics } from "./metrics.ts";

/** The metrics of HTTP. */
export interface HttpMetrics {
  /** Counts an answer. */
  answered(answer: Answer): void;
  /** Has the series of these routes begin at 0, for each status that they may answer with. */
  expect(routes: Iterable<DescribedRoute>): void;
}

/** Registers the metrics of HTTP. */
export function httpMetrics(metrics: Metrics): HttpMetrics {
  const requests = metrics.counter("bellwire_http_requests_total", "HTTP requests answered", []);
  const duration = metrics.histogram(
    "bellwire_http_request_duration_seconds",
    "Time until an HTTP request was answered",
    { known: [] },
  );
  // Methods, routes and statuses are few, so their labels are made once.
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
