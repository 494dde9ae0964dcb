import assert from "node:assert/strict";
import { CANARY } from "./bad_notifications.ts";
import { type ReadProblem, readProblem } from "./problem.ts";

/** Checks that an answer is a problem with this status and code, which echoes nothing. */
export async function refuses(
  answer: Response,
  [status, ...codes]: [status: number, ...codes: string[]],
): Promise<ReadProblem> {
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  assert(!text.toLowerCase().includes(CANARY), `an echo: ${text}`);
  for (const [name, value] of answer.headers) {
    assert(!value.includes(CANARY), `an echo in ${name}`);
  }
  assert(answer.headers.get("x-request-id"));
  const problem = await readProblem(new Response(text, { status, headers: answer.headers }));
  assert(codes.includes(problem.code), problem.code);
  return problem;
}
