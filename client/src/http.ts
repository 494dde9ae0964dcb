import type { BellwireError } from "./errors.ts";
import type { ListQuery, Page } from "./types.ts";

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

/** What is needed to call. */
export interface HttpOptions {
  /** Without a slash at its end. */
  readonly server: string;
  readonly fetch: typeof fetch;
  /** The core's own, so that whoever catches one knows it. */
  readonly Failure: typeof BellwireError;
}

/** Calls that are made with `fetch`. */
export function createHttp({ server, fetch: fetchIt, Failure }: HttpOptions): Http {
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
      throw new Failure("unreachable", `${server} can't be reached`, { cause });
    });
    const { status } = response;
    if (status === 204) return undefined;
    const answer = await response.json().catch(() => undefined);
    if (response.ok && answer !== undefined) return answer;
    // What has no code is not the service's: a proxy that can't reach it, or the page of a network that
    // wants its visitors to sign in.
    const isElsewhere = response.ok || status >= 500;
    const { code = isElsewhere ? "unreachable" : "internal", detail, title } = Object(answer);
    throw new Failure(code, detail ?? title ?? `${server} can't be reached: HTTP ${status}`);
  };
}

/**
 * Reads a page of the inbox.
 *
 * @param getToken of the user whose inbox it is; `anew` where the last one has expired
 * @returns rejects with a {@link BellwireError}
 */
export async function listInbox(
  query: ListQuery,
  getToken: (anew: boolean) => Promise<string>,
  options: HttpOptions,
): Promise<Page> {
  const path = `/v1/inbox?${new URLSearchParams(query as Record<string, string>)}`;
  const call = createHttp(options);
  const page = await call(await getToken(false), path).catch(async (error) => {
    if (error.code !== "token_expired") throw error;
    return await call(await getToken(true), path);
  });
  if (!Array.isArray(Object(page).items)) {
    throw new options.Failure("unreachable", "The answer is not the service's");
  }
  return page as Page;
}
