import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { createTestApp } from "../drivers/test_app.ts";

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
  assert.equal(Notification.unevaluatedProperties, false);
  assert.deepEqual(Notification.required, ["to", "title"]);
  assert.equal(Notification.properties.title.maxLength, 200);
  const { Recipients } = document.components.schemas;
  assert.equal(Notification.properties.to.$ref, "#/components/schemas/Recipients");
  assert.equal(Recipients.maxProperties, 1);
  assert.match(Notification.properties.priority.description, /`normal` unless given/);

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

/** Every schema of the document's bodies and answers, with what it is for. */
function schemas(document: Json): { name: string; schema: Json; isAnswer: boolean }[] {
  const asked = new Set<string>();
  const collect = (part: Json) =>
    walk(part, ({ $ref }) => {
      if (typeof $ref !== "string" || asked.has($ref)) return;
      asked.add($ref);
      collect(document.components.schemas[$ref.split("/").at(-1) as string]);
    });
  for (const { operation } of operations(document)) collect(operation.requestBody);
  return Object.entries(document.components.schemas).map(([name, schema]) => (
    { name, schema, isAnswer: !asked.has(`#/components/schemas/${name}`) }
  ));
}

Deno.test("schemas are plain enough for programs that make clients of them", async () => {
  const { document } = await load();
  const all = schemas(document);
  assert(all.some(({ name, isAnswer }) => name === "Recipients" && !isAnswer));
  assert(all.some(({ name, isAnswer }) => name === "Problem" && isAnswer));
  for (const { name, schema } of all) {
    assert.equal(schema.type, "object", `${name}: an object with a name of its own`);
    walk(schema, (node) => {
      assert(!("const" in node), `${name}: const`);
      assert(!("not" in node) && !("oneOf" in node), `${name}: which fields go together`);
      const types = [node.type ?? []].flat();
      if (types.includes("integer")) {
        assert.match(node.format, /^int(32|64)$/, name);
        for (const bound of [node.minimum, node.maximum]) {
          assert(bound === undefined || Math.abs(bound) < 2 ** 40, `${name}: ${bound}`);
        }
      }
      if (node.format === "date-time") assert(!("maxLength" in node), `${name}: a long time`);
      if (node.properties === undefined) return;
      for (const [field, property] of Object.entries<Json>(node.properties)) {
        assert(!("default" in property), `${name}.${field}: would be required`);
        assert(!("properties" in property), `${name}.${field}: has no name`);
        assert(!("properties" in (property.items ?? {})), `${name}.${field}: has no name`);
      }
    });
  }
});

Deno.test("answers may get more fields and more values, and requests may not have others", async () => {
  const { document } = await load();
  for (const { name, schema, isAnswer } of schemas(document)) {
    assert.equal(schema.additionalProperties, isAnswer ? true : undefined, name);
    assert.equal(schema.unevaluatedProperties, isAnswer ? undefined : false, name);
    if (!isAnswer) continue;
    walk(schema, (node) => assert(!Array.isArray(node.enum), `${name}: an enum that is closed`));
  }
  const { Problem } = document.components.schemas;
  assert.equal(Problem.properties.code.type, "string");
  assert(Problem.properties.code["x-extensible-enum"].includes("overloaded"));
});

Deno.test("every call that needs credentials may be limited, and every answer says its header fields", async () => {
  const { document } = await load();
  assert.deepEqual(document.servers.map(({ url }: Json) => url), ["/"]);
  let limited = 0;
  for (const { name, operation } of operations(document)) {
    if (operation.security.length > 0) {
      limited++;
      for (const status of [401, 403, 429, 500, 503]) {
        assert(status in operation.responses, `${name} ${status}`);
      }
    }
    const isPublishers = operation.security.some((scheme: Json) => "publisherKey" in scheme);
    for (const [status, { headers = {} }] of Object.entries<Json>(operation.responses)) {
      if (status === "101") continue;
      const fields = Object.keys(headers);
      const says = (field: string) => assert(fields.includes(field), `${name} ${status}: ${field}`);
      says("X-Request-Id");
      if (["409", "429", "503"].includes(status)) says("Retry-After");
      if (status === "401") says("WWW-Authenticate");
      else if (isPublishers) says("RateLimit");
      for (const field of fields) {
        assert.equal(headers[field].$ref, `#/components/headers/${field}`);
      }
    }
  }
  assert(limited >= 15);
  const replayed = ["/v1/notifications", "/v1/notifications/batch"]
    .flatMap((path) => Object.entries<Json>(document.paths[path].post.responses))
    .filter(([, { headers }]) => "Idempotent-Replayed" in headers).map(([status]) => status);
  assert.deepEqual(replayed, ["201", "202", "200"]);
});

Deno.test("every body in JSON has an example that is as its schema says", async () => {
  const { document } = await load();
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ ...document, $id: "document" });
  let examples = 0;
  const examine = (name: string, content: Json = {}) => {
    for (const [type, { schema, example }] of Object.entries<Json>(content)) {
      if (!type.includes("json") || schema.$ref === undefined) continue;
      assert.notEqual(example, undefined, `${name} ${type}`);
      const validate = ajv.getSchema(`document${schema.$ref}`);
      assert(validate?.(example), `${name}: ${JSON.stringify(validate?.errors)}`);
      examples++;
    }
  };
  for (const { name, operation } of operations(document)) {
    examine(name, operation.requestBody?.content);
    for (const [status, { content }] of Object.entries<Json>(operation.responses)) {
      examine(`${name} ${status}`, content);
    }
  }
  assert(examples > 80);
});
