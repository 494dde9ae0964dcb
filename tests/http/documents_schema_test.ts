import assert from "node:assert/strict";
import specs from "@asyncapi/specs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { clientMessages } from "../../src/gateway/protocol/client_message.ts";
import { serverMessages } from "../../src/gateway/protocol/server_message.ts";
import { createTestApp } from "../drivers/test_app.ts";

// deno-lint-ignore no-explicit-any -- JSON that is walked freely
type Json = any;

async function load(path: string): Promise<Json> {
  const { app } = await createTestApp();
  const response = await app.request(path);
  assert.equal(response.headers.get("content-type"), "application/json");
  return await response.json();
}

async function openapiErrors(document: Json): Promise<unknown> {
  const { valid, errors } = await new Validator().validate(document);
  return valid ? undefined : errors;
}

function asyncapiErrors(document: Json): unknown {
  // The schema brings its own copy of the one that it is written in.
  const ajv = new Ajv({ strict: false, meta: false, validateSchema: false });
  addFormats.default(ajv);
  const validate = ajv.compile(specs.schemas["3.0.0"] as Json);
  return validate(document) ? undefined : validate.errors;
}

Deno.test("/openapi.json is valid by the official schema of OpenAPI 3.1", async () => {
  const document = await load("/openapi.json");
  assert.equal(await openapiErrors(document), undefined);
  const { info: _, ...broken } = document;
  assert.notEqual(await openapiErrors(broken), undefined);
});

Deno.test("/asyncapi.json is valid by the official schema of AsyncAPI 3.0", async () => {
  const document = await load("/asyncapi.json");
  assert.equal(asyncapiErrors(document), undefined);
  document.operations.hello.action = "shout";
  assert.notEqual(asyncapiErrors(document), undefined);
});

Deno.test("/asyncapi.json has every message that is read or sent, and every reference leads somewhere", async () => {
  const document = await load("/asyncapi.json");
  const types = [...Object.keys(clientMessages), ...Object.keys(serverMessages)];
  assert.deepEqual(Object.keys(document.components.messages), types);
  const operations: Json[] = Object.values(document.operations);
  const used = operations.flatMap(({ messages, reply }) => [...messages, ...reply?.messages ?? []]);
  const names = new Set(used.map(({ $ref }) => $ref.split("/").at(-1)));
  assert.deepEqual([...names].sort(), [...types].sort());
  let references = 0;
  JSON.stringify(document, (key, value) => {
    if (key !== "$ref") return value;
    references++;
    let target = document;
    for (const step of value.replace("#/", "").split("/")) target = target?.[step];
    assert(target, value);
    return value;
  });
  assert(references > types.length);
});

Deno.test("/asyncapi.json names what each message holds, and says which credentials are asked for", async () => {
  const { components, servers, channels } = await load("/asyncapi.json");
  const payloads = Object.entries<Json>(components.messages);
  for (const [type, { payload }] of payloads) {
    const name = payload.$ref.replace("#/components/schemas/", "");
    assert.match(name, /^[A-Z][A-Za-z]+Message$/);
    const schema = components.schemas[name];
    assert.equal(schema.title, name);
    assert.equal(schema.properties.type.const, type);
    assert(schema.required.includes("type"));
  }
  assert.equal(new Set(payloads.map(([, { payload }]) => payload.$ref)).size, payloads.length);
  const { userToken } = components.securitySchemes;
  assert.deepEqual([userToken.type, userToken.scheme], ["http", "bearer"]);
  assert.deepEqual(servers.service.security, [{ $ref: "#/components/securitySchemes/userToken" }]);
  assert.deepEqual(channels.stream.servers, [{ $ref: "#/servers/service" }]);
});

Deno.test("/asyncapi.json leaves room for what the server may say in a later version", async () => {
  const { components: { schemas } } = await load("/asyncapi.json");
  for (const name of Object.keys(serverMessages)) {
    const schema = schemas[`${name[0]?.toUpperCase()}${name.slice(1)}Message`];
    assert.notEqual(schema.additionalProperties, false, name);
    JSON.stringify(schema, (key, value) => {
      assert(key !== "enum" || !Array.isArray(value), `${name}: an enum that is closed`);
      return value;
    });
  }
});
