import type { Recipient } from "./dialect.ts";

/**
 * The request that publishes a notification of usual size, about 300 bytes once stored. Everybody is
 * sent the same one.
 *
 * @param n comes back in what devices receive
 */
export function publishRequest(
  { path, headers, to, n }: {
    path: string;
    headers: readonly string[];
    to: Recipient;
    n: number;
  },
): string {
  const body = JSON.stringify({
    to,
    title: "Build finished",
    body: "main is green again: 1,214 tests passed in 61 seconds, nothing was skipped.",
    category: "ci.builds",
    url: "/builds/4711",
    data: { n },
  });
  const lines = [
    `POST ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Content-Type: application/json",
    // All of it is ASCII, so that characters are bytes.
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}
