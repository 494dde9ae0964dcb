import { createHttp, type HttpOptions } from "./http.ts";
import type { ListQuery, Page } from "./types.ts";

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
