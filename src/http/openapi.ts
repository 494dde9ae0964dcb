import type { Hono } from "hono";
import { describeRoute, generateSpecs, uniqueSymbol } from "hono-openapi";
import { fixedDocument } from "./documented.ts";
import type { FixedContent } from "./fixed_content.ts";
import { otherMethods } from "./methods.ts";
import { completeDocument, type Described } from "./openapi_document.ts";
import type { AppEnv } from "./middleware.ts";

/**
 * Adds `/openapi.json`: the document of all described routes of the app, made from the schemas that
 * check the requests, when it is first asked for.
 */
export function openapi(app: Hono<AppEnv>, { version }: { version: string }): void {
  let document: Promise<FixedContent> | undefined;
  app.get("/openapi.json", describeDocument(), async (c) => {
    document ??= generate(app, version).then(fixedDocument);
    return (await document).answer(c.req.raw);
  }).all("/openapi.json", otherMethods("GET"));
}

async function generate(app: Hono<AppEnv>, version: string): Promise<string> {
  const specs = await generateSpecs(app, {
    excludeStaticFile: false,
    documentation: {
      openapi: "3.1.0",
      info: {
        title: "Bellwire",
        version,
        description: "Publish a notification; every device its recipient has open gets it at " +
          "once, in order, exactly once. Errors are RFC 9457 problems with a stable `code`, and " +
          "every answer carries `X-Request-Id`.",
        license: { name: "MIT", identifier: "MIT" },
      },
      servers: [{ url: "/", description: "The service that this document was read from." }],
      tags: [
        { name: "publisher", description: "For services that publish." },
        { name: "user", description: "For the devices of a user." },
        { name: "operator", description: "For whoever runs it." },
      ],
      components: {
        securitySchemes: {
          publisherKey: {
            type: "http",
            scheme: "bearer",
            description: "The secret of an API key.",
          },
          userToken: {
            type: "http",
            scheme: "bearer",
            bearerFormat: "JWT",
            description: "A JWT with `sub`, the user's id, and `exp`.",
          },
        },
      },
    },
  });
  return JSON.stringify(completeDocument(specs as unknown as Described));
}

function describeDocument() {
  return describeRoute({
    operationId: "openapi",
    summary: "This document",
    tags: ["operator"],
    security: [],
    responses: {
      200: {
        description: "OpenAPI 3.1 document of the service.",
        content: { "application/json": { schema: { type: "object" } } },
      },
    },
  });
}

/** A route, and with what it may answer. */
export interface DescribedRoute {
  readonly method: string;
  /** As in the metrics, such as `/v1/notifications/:id`. */
  readonly path: string;
  readonly statuses: readonly number[];
}

/** The routes of an app that are described in `/openapi.json`. */
export function describedRoutes({ routes }: Hono<AppEnv>): DescribedRoute[] {
  return routes.flatMap(({ method, path, handler }) => {
    const described =
      (handler as { [uniqueSymbol]?: { spec?: { responses?: object } } })[uniqueSymbol];
    const responses = described?.spec?.responses;
    return responses === undefined
      ? []
      : [{ method, path, statuses: Object.keys(responses).map(Number) }];
  });
}
