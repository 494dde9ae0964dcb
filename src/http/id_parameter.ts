import { ID_PATTERN } from "../domain/stream_name.ts";
import { InvalidRequest } from "../wire/errors.ts";

/**
 * Checks an id that is part of an address.
 *
 * @param name what the part is called, such as `user`
 * @throws {InvalidRequest}
 */
export function requireId(name: string, value: string): string {
  if (ID_PATTERN.test(value)) return value;
  throw new InvalidRequest(`The ${name} in the address is not valid`, [
    { path: name, message: "must be 1–128 of A–Z a–z 0–9 . _ : @ -" },
  ]);
}

/** The same as an OpenAPI parameter. */
export function idParameter(name: string) {
  return {
    in: "path" as const,
    name,
    required: true,
    schema: { type: "string" as const, pattern: ID_PATTERN.source },
  };
}
