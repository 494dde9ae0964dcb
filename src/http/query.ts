import { z } from "zod";
import { describeIssues } from "../schemas/issues.ts";
import { ServiceError } from "../errors.ts";

/**
 * Reads the query of a request; `limit` is the one parameter that is a number.
 *
 * @param url the request's whole URL
 * @throws {ServiceError} `invalid_request` for what is unknown, given twice or out of range
 */
export function parseQuery<T extends z.ZodObject>(schema: T, url: string): z.output<T> {
  const start = url.indexOf("?");
  const parameters = new URLSearchParams(start === -1 ? "" : url.slice(start + 1));
  const value: Record<string, unknown> = Object.create(null);
  for (const [name, text] of parameters) {
    // A list is what no parameter may be, so that one given twice is refused with its name.
    value[name] = name in value ? [] : name === "limit" && /^\d+$/.test(text) ? Number(text) : text;
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    throw new ServiceError(
      "invalid_request",
      "The query is not valid",
      { issues: describeIssues(result.error.issues, value) },
    );
  }
  return result.data;
}

/** The same as OpenAPI parameters. */
export function queryParameters(schema: z.ZodObject) {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties).map(([name, property]) => {
    const { description = "", ...schema } = Object(property) as { description?: string };
    return { in: "query" as const, name, required: false, description, schema };
  });
}
