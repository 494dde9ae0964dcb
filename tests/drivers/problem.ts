import assert from "node:assert/strict";

/** What a problem says, once it has proved to be one. */
export interface ReadProblem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: { readonly path: string; readonly message: string }[];
}

/** Reads a response that has to be an RFC 9457 problem. */
export async function readProblem(response: Response): Promise<ReadProblem> {
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const body = await response.json();
  assert.equal(body.status, response.status);
  return body;
}
