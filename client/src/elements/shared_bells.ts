import { connect, Unauthorized } from "../mod.ts";
import type { Bell } from "../types.ts";

/** Where an element's attributes say that a bell is. */
export interface Address {
  /** Of the service. */
  readonly server: string;
  /** Answers GET with a token of who is signed in, and 401 or 403 where nobody is. */
  readonly tokenUrl: string;
  readonly user: string | undefined;
}

interface Shared {
  readonly bell: Bell;
  users: number;
}

const bells = new Map<string, Shared>();

/**
 * A bell that all elements of one address share.
 *
 * @returns the bell, and what to call when it is needed no more
 * @throws {TypeError} where `server` is no address
 */
export function shareBell(address: Address): { readonly bell: Bell; readonly release: () => void } {
  const { server, tokenUrl, user } = address;
  const key = JSON.stringify([server, tokenUrl, user]);
  const shared = bells.get(key) ?? {
    bell: connect(server, {
      getToken: () => fetchToken(tokenUrl),
      ...(user === undefined ? {} : { user }),
    }),
    users: 0,
  };
  bells.set(key, shared);
  shared.users++;
  return {
    bell: shared.bell,
    release: () => {
      shared.users--;
      // An element that is moved within the page is taken out of it first.
      queueMicrotask(() => {
        if (shared.users > 0 || bells.get(key) !== shared) return;
        bells.delete(key);
        shared.bell.close();
      });
    },
  };
}

async function fetchToken(url: string): Promise<string> {
  const answer = await fetch(url, { cache: "no-store" });
  if (answer.status === 401 || answer.status === 403) throw new Unauthorized();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return (await answer.text()).trim();
}
