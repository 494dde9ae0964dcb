import { parseJsonText } from "../../src/encoding/json.ts";

/** What the service reads of a value that is sent as JSON. */
export function asSent(value: unknown): unknown {
  const json = JSON.stringify(value);
  return json === undefined ? undefined : parseJsonText(json);
}
