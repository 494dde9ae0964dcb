import { resolver } from "hono-openapi";
import { problemSchema } from "./answers.ts";
import { PROBLEMS } from "./problem.ts";

/** Names the credentials of a publisher in the OpenAPI document. */
export const PUBLISHER = [{ publisherKey: [] }];
/** Names the credentials of a user in the OpenAPI document. */
export const USER = [{ userToken: [] }];

/** The problem answers of a call, by status, with the codes that a caller has to expect. */
export function problems(...statuses: number[]) {
  return Object.fromEntries(statuses.map((status) => {
    const entries = Object.entries(PROBLEMS).filter(([, [its]]) => its === status);
    const codes = entries.map(([code]) => `\`${code}\``).join(", ");
    return [status, {
      description: `${entries[0]?.[1][1]}: ${codes}.`,
      content: { "application/problem+json": { schema: resolver(problemSchema) } },
    }];
  }));
}
