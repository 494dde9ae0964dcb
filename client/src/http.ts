import { BellwireError } from "./errors.ts";

/** Calls the service as a user. */
export interface Http {
  /**
   * Resolves with what was answered, parsed; undefined where that is nothing.
   * @throws {BellwireError} of the code that was answered; `unreachable` where there was no answer
   */
  (token: string, path: string, init?: { method?: string; body?: unknown }): Promise<unknown>;
}

/** A call may take so long. */
const DEADLINE_MS = 30_000;

/** @param server without a slash at its end */
export function createHttp(server: string, fetchIt: typeof fetch): Http {
  return async (token, path, { method = "GET", body } = {}) => {
    const response = await fetchIt(server + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).catch((cause) => {
      throw new BellwireError("unreachable", `${server} can't be reached`, { cause });
    });
    const answer = await response.json().catch(() => undefined);
    if (response.ok) return answer;
    const { code = "internal", detail, title = `HTTP ${response.status}` } = Object(answer);
    throw new BellwireError(code, detail ?? title);
  };
}
