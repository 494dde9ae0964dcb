import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Config } from "../config/config.ts";
import { isLoopback } from "../config/host.ts";

/** The answer of the service. */
export interface LocalAnswer {
  readonly status: number;
  readonly body: string;
}

/** The service did not answer. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

const TIMEOUT_MS = 10_000;

/**
 * Calls the service that runs with this configuration on this machine.
 *
 * @throws {NoAnswer} if no service listens there, or none answers within 10 s
 */
export function callLocally(
  config: Pick<Config, "host" | "port" | "tls">,
  { method = "GET", path, headers = {}, body }: {
    method?: "GET" | "POST";
    path: string;
    headers?: Record<string, string>;
    body?: string;
  },
): Promise<LocalAnswer> {
  const request = config.tls === undefined ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const call = request({
      host: reachable(config.host),
      port: config.port,
      method,
      path,
      headers,
      agent: false,
      timeout: TIMEOUT_MS,
      // The certificate is for the service's public name, not for loopback.
      rejectUnauthorized: !isLoopback(reachable(config.host)),
      // Without this option Deno reads the system's certificates, which needs a permission for all files.
      ca: [],
    }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part: string) => text += part);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: text }));
      answer.on("error", fail);
    });
    function fail(cause: Error) {
      reject(new NoAnswer(`No service answers at ${address(config)}`, { cause }));
    }
    call.on("error", fail);
    call.on("timeout", () => call.destroy(new Error("no answer in time")));
    call.end(body);
  });
}

/** The address of the service, for messages. */
export function address({ host, port, tls }: Pick<Config, "host" | "port" | "tls">): string {
  const name = reachable(host);
  return `${tls === undefined ? "http" : "https"}://${
    name.includes(":") ? `[${name}]` : name
  }:${port}`;
}

/** The address to call for an address to listen on, which may stand for all addresses. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
