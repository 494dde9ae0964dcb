import { needle, numberAfter } from "../byte_search.ts";
import type { Dialect } from "../dialect.ts";
import { publishRequest } from "../publish_request.ts";

const NUMBER = needle('"n":');

/** No protocol: whoever is upgraded gets the same string at every publish. */
export const bareSockets: Dialect = {
  publish: (to, n) => publishRequest({ path: "/publish", headers: [], to, n }),
  upgrade: () => ({ path: "/", headers: [] }),
  opening: (ear) => {
    ear.welcomed({});
    return undefined;
  },
  hear: (payload, ear) => {
    ear.event(numberAfter(payload, NUMBER) ?? -1);
    return undefined;
  },
};
