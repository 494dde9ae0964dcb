import { createHttp, type HttpOptions } from "./http.ts";
import type { ListQuery, Page } from "./types.ts";

/**
 * Reads a page of the inbox.
 *
 * @param getToken of the user whose inbox it is
 * @returns rejects with a {@link BellwireError}
 */
export async function listInbox(
  query: ListQuery,
  getToken: () => Promise<string>,
  options: HttpOptions,
): Promise<Page> {
  const token = await getToken();
  const path = `/v1/inbox?${new URLSearchParams(query as Record<string, string>)}`;
  return await createHttp(options)(token, path) as Page;
}
