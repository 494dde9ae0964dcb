import assert from "node:assert/strict";
import { createTestApp } from "./support/test_app.ts";

// deno-lint-ignore no-explicit-any -- a JSON document is walked freely
type Json = any;

async function load(): Promise<{ document: Json; routes: { method: string; path: string }[] }> {
  const { app } = await createTestApp();
  const response = await app.request("/openapi.json");
  assert.equal(response.headers.get("content-type"), "application/json");
  return { document: await response.json(), routes: app.routes };
}

function operations(document: Json): { name: string; operation: Json }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Json).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    }))
  );
}

/** Calls back with every object in the document. */
function walk(value: Json, visit: (node: Json) => void): void {
  if (typeof value !== "object" || value === null) return;
  visit(value);
  for (const child of Object.values(value)) walk(child, visit);
}

Deno.test("the document is OpenAPI 3.1 and says what it describes", async () => {
  const { document } = await load();
  assert.match(document.openapi, /^3\.1\.\d+$/);
  assert.equal(document.info.title, "Bellwire");
  assert.equal(document.info.version, "0.0.0");
  assert.equal(document.info.license.identifier, "MIT");
});

Deno.test("every route that is answered is described, and no other", async () => {
  const { document, routes } = await load();
  const answered = routes.filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  const described = operations(document).map(({ name }) => name);
  assert.deepEqual(new Set(described), new Set(answered));
  assert(described.includes("POST /v1/notifications"));
});

Deno.test("every operation has a name of its own, known tags, credentials and answers", async () => {
  const { document } = await load();
  const all = operations(document);
  assert.equal(new Set(all.map(({ operation }) => operation.operationId)).size, all.length);
  const schemes = Object.keys(document.components.securitySchemes);
  const tags = document.tags.map(({ name }: { name: string }) => name);
  for (const { name, operation } of all) {
    assert(operation.summary, name);
    assert(operation.tags.every((tag: string) => tags.includes(tag)), name);
    for (const requirement of operation.security) {
      assert(Object.keys(requirement).every((scheme) => schemes.includes(scheme)), name);
    }
    for (const [status, answer] of Object.entries<Json>(operation.responses)) {
      assert(answer.description, `${name} ${status}`);
      if (Number(status) >= 400) {
        assert.equal(
          answer.content["application/problem+json"].schema.$ref,
          "#/components/schemas/Problem",
          `${name} ${status}`,
        );
      }
    }
  }
});

Deno.test("every reference leads somewhere", async () => {
  const { document } = await load();
  let references = 0;
  walk(document, (node) => {
    if (typeof node.$ref !== "string") return;
    references++;
    let target = document;
    for (const step of node.$ref.replace("#/", "").split("/")) target = target?.[step];
    assert(target, node.$ref);
  });
  assert(references > 0);
});

Deno.test("the limits that requests are held to are in the document", async () => {
  const { document } = await load();
  const publish = document.paths["/v1/notifications"].post;
  assert.equal(
    publish.requestBody.content["application/json"].schema.$ref,
    "#/components/schemas/Notification",
  );
  const { Notification } = document.components.schemas;
  assert.equal(Notification.additionalProperties, false);
  assert.deepEqual(Notification.required, ["to", "title"]);
  assert.equal(Notification.properties.title.maxLength, 200);
  assert.equal(Notification.properties.to.maxProperties, 1);
  assert.equal(Notification.properties.priority.default, "normal");

  const [key] = publish.parameters;
  assert.equal(key.name, "Idempotency-Key");
  assert.equal(key.schema.maxLength, 255);

  const parameters = document.paths["/v1/inbox"].get.parameters;
  assert.deepEqual(
    parameters.map(({ name, in: place }: Json) => `${place} ${name}`),
    ["query status", "query category", "query topic", "query limit", "query cursor"],
  );
  const limit = parameters.find(({ name }: Json) => name === "limit");
  assert.equal(limit.schema.maximum, 100);
  assert.equal(limit.schema.default, 20);
});
