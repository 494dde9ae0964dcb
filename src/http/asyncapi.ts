import { Hono } from "hono";
import { describeRoute } from "hono-openapi";
import { z } from "zod";
import { clientMessages } from "../gateway/protocol/client_message.ts";
import { serverMessages } from "../gateway/protocol/server_message.ts";
import { notificationSchema } from "../schemas/notification.ts";
import { fixedDocument } from "./documented.ts";
import type { FixedContent } from "./fixed_content.ts";
import { otherMethods } from "./methods.ts";
import { type Direction, type Json, plainSchema } from "./plain_schemas.ts";
import type { AppEnv } from "./middleware.ts";

/** What each message is for. */
const SUMMARIES: Readonly<
  Record<keyof typeof clientMessages | keyof typeof serverMessages, string>
> = {
  hello: "The first message: who one is, and up to where one has each stream",
  refresh: "Puts a new token of the same user in the place of the connection's",
  pong: "Answers ping",
  mark: "Marks items as read, seen, archived or deleted",
  subscribe: "Joins a topic",
  unsubscribe: "Leaves a topic",
  publish: "Publishes a notification to a topic that the token allows",
  welcome: "Answers hello",
  notification: "A notification, live or missed",
  change: "A change to items, live or missed",
  caughtUp: "Everything up to `seq` was sent",
  reset: "Forget what you have of this stream; start from here",
  ok: "The request was carried out and is on disk",
  error: "The request was not carried out",
  ping: "Asks whether anybody is there",
  disconnect: "Why the connection is about to be closed",
};

/** What it publishes is checked as a notification is, once it is known to whom it goes. */
const publishMessage = z.object({
  ...clientMessages.publish.shape,
  ...notificationSchema.omit({ to: true }).shape,
});

/** What is answered with `ok` or `error`. */
const REQUESTS = ["mark", "subscribe", "unsubscribe", "publish", "refresh"];

/** `/asyncapi.json`: the socket's messages, made from the schemas that check them. */
export function asyncapi({ version }: { version: string }): Hono<AppEnv> {
  let document: FixedContent | undefined;
  return new Hono<AppEnv>()
    .get("/asyncapi.json", describeDocument(), (c) => {
      document ??= fixedDocument(JSON.stringify(describeSocket(version)));
      return document.answer(c.req.raw);
    })
    .all("/asyncapi.json", otherMethods("GET"));
}

function describeSocket(version: string) {
  const schemas: Record<string, unknown> = {};
  const messages: Record<string, unknown> = {};
  const all = { ...clientMessages, publish: publishMessage, ...serverMessages };
  for (const [name, schema] of Object.entries(all)) {
    const direction = name in clientMessages ? "request" : "answer";
    const named = `${name[0]?.toUpperCase()}${name.slice(1)}Message`;
    const payload = payloadOf(name, { schema, direction, schemas });
    schemas[named] = { ...payload, title: named };
    messages[name] = {
      name,
      summary: SUMMARIES[name as keyof typeof SUMMARIES],
      contentType: "application/json",
      payload: to("components/schemas", named),
    };
  }
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Bellwire",
      version,
      description: "A user's notifications and what becomes of them, live, and what was missed " +
        "first. The rules behind the messages are in docs/protocol.md.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: {
      service: {
        host: "{host}",
        protocol: "wss",
        description: "The service that this document was read from; `ws` where that is `http`.",
        variables: {
          host: {
            default: "localhost:8000",
            description: "Name of the host, with its port if it is not the default.",
          },
        },
        security: [to("components/securitySchemes", "userToken")],
      },
    },
    channels: {
      stream: {
        address: "/v1/stream",
        title: "A user's stream",
        description: "A WebSocket with the subprotocol `bellwire.v1`, JSON in text frames, or " +
          "`bellwire.v1.cbor`, the same in CBOR in binary frames. A frame holds one message or an " +
          "array of messages.",
        servers: [to("servers", "service")],
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, to("components/messages", name)]),
        ),
        bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
      },
    },
    operations: {
      ...Object.fromEntries(Object.keys(clientMessages).map((name) => [name, taken(name)])),
      tell: {
        action: "send",
        channel: to("channels", "stream"),
        summary: "What the server sends by itself",
        messages: Object.keys(serverMessages).filter((name) => !ANSWERS.includes(name))
          .map((name) => to("channels/stream/messages", name)),
      },
    },
    components: { messages, schemas, securitySchemes: SECURITY },
  };
}

const SECURITY = {
  userToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "A JWT with `sub`, the user's id, and `exp`: in the header `Authorization`, in a " +
      "further subprotocol `bearer.<jwt>`, which pages of browsers can send too, or in `hello`.",
  },
};

const ANSWERS = ["ok", "error"];

/** The operation of a message that clients send. */
function taken(name: string) {
  const answers = name === "hello" ? ["welcome"] : REQUESTS.includes(name) ? ANSWERS : [];
  return {
    action: "receive",
    channel: to("channels", "stream"),
    summary: SUMMARIES[name as keyof typeof SUMMARIES],
    messages: [to("channels/stream/messages", name)],
    ...(answers.length === 0 ? {} : {
      reply: {
        channel: to("channels", "stream"),
        messages: answers.map((answer) => to("channels/stream/messages", answer)),
      },
    }),
  };
}

function to(place: string, name: string) {
  return { $ref: `#/${place}/${name}` };
}

/** A message's schema as AsyncAPI wants it; schemas with a name of their own are put beside it. */
function payloadOf(
  name: string,
  { schema, direction, schemas }: {
    schema: z.ZodType;
    direction: Direction;
    schemas: Record<string, unknown>;
  },
): Json {
  const { $schema: _, definitions = {}, ...own } = z.toJSONSchema(schema, {
    target: "draft-7",
    // Readers have to put up with fields that are new to them.
    io: "input",
    unrepresentable: "any",
  });
  for (const [name, definition] of Object.entries(Object(definitions))) {
    schemas[name] = relocated(plainSchema(definition, direction));
  }
  const payload = relocated(plainSchema(own, direction)) as Json;
  // The one value that says which message it is.
  const properties = { ...Object(payload["properties"]), type: { type: "string", const: name } };
  return { ...payload, properties };
}

/** The same in the words of draft 7, with references to where named schemas are in the document. */
function relocated(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema), (key, inner) => {
    if (key === "id" && typeof inner === "string") return undefined;
    if (key === "$ref" && typeof inner === "string") {
      return inner.replace("#/definitions/", "#/components/schemas/");
    }
    const { unevaluatedProperties, ...rest } = Object(inner);
    return unevaluatedProperties === false ? { ...rest, additionalProperties: false } : inner;
  });
}

function describeDocument() {
  return describeRoute({
    operationId: "asyncapi",
    summary: "The document of the socket",
    tags: ["operator"],
    security: [],
    responses: {
      200: {
        description: "AsyncAPI 3.0 document of the service.",
        content: { "application/json": { schema: { type: "object" } } },
      },
    },
  });
}
