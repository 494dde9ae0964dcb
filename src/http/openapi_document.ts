import { ANSWER_HEADERS, headerReference, headersOf } from "./answer_headers.ts";
import { answerExample, requestExample } from "./examples.ts";
import { type Json, plainSchema } from "./plain_schemas.ts";

/** An operation of the document, as far as it is looked at here. */
interface Operation {
  readonly operationId: string;
  readonly security: readonly Json[];
  readonly parameters?: { schema: unknown }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Record<string, { headers?: Json; readonly content?: Content }>;
}

type Content = Record<string, { schema?: unknown; example?: unknown }>;

/** The document as the routes describe it. */
export interface Described {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: Json & { readonly schemas: Record<string, unknown> };
}

/**
 * Completes the document of the routes with what follows from rules: header fields of the answers,
 * examples, and schemas that programs can make clients of. So no route can forget them.
 */
export function completeDocument(document: Described): Json {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  for (const operation of operations) completeOperation(operation);
  const asked = new Set<string>();
  for (const { requestBody } of operations) collectNames(requestBody, document, asked);
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) =>
    [name, plainSchema(schema, asked.has(name) ? "request" : "answer")] as const
  );
  return {
    ...document,
    components: {
      ...document.components,
      schemas: Object.fromEntries(schemas),
      headers: ANSWER_HEADERS,
    },
  };
}

function completeOperation(operation: Operation): void {
  const { operationId, security, parameters = [], requestBody, responses } = operation;
  const isPublishers = security.some((scheme) => "publisherKey" in scheme);
  for (const parameter of parameters) parameter.schema = plainSchema(parameter.schema, "request");
  for (const media of Object.values(requestBody?.content ?? {})) {
    media.schema = plainSchema(media.schema, "request");
    media.example = requestExample(operationId);
  }
  for (const [status, answer] of Object.entries(responses)) {
    const names = headersOf(Number(status), isPublishers);
    const headers = names.map((name) => [name, headerReference(name)] as const);
    if (headers.length > 0) answer.headers = { ...answer.headers, ...Object.fromEntries(headers) };
    for (const [type, media] of Object.entries(answer.content ?? {})) {
      media.schema = plainSchema(media.schema, "answer");
      const example = answerExample(operationId, Number(status), type);
      if (example !== undefined) media.example = example;
    }
  }
}

/** Collects the names of the schemas that a part of the document refers to, directly or not. */
function collectNames(part: unknown, document: Described, into: Set<string>): void {
  if (typeof part !== "object" || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    const name = key === "$ref" ? String(value).replace("#/components/schemas/", "") : undefined;
    if (name === undefined) collectNames(value, document, into);
    else if (!into.has(name)) {
      into.add(name);
      collectNames(document.components.schemas[name], document, into);
    }
  }
}
