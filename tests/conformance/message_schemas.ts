import assert from "node:assert/strict";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import type { Message } from "./socket.ts";

/** The schemas of an AsyncAPI document. */
export interface MessageSchemas {
  /** Throws where a message is not as the document says. */
  check(message: Message): void;
}

/** @param document an AsyncAPI document whose messages are named by their type */
// deno-lint-ignore no-explicit-any -- JSON that is walked freely
export function messageSchemas(document: any): MessageSchemas {
  const ajv = new Ajv({ allErrors: true, strictTypes: false });
  addFormats.default(ajv);
  ajv.addKeyword("x-extensible-enum");
  ajv.addSchema({ $id: "document", components: document.components }, "document");
  ajv.addKeyword("components");
  return {
    check(message) {
      const { type } = message;
      assert(document.components.messages[type], `\`${type}\` is not in /asyncapi.json`);
      const validate = ajv.getSchema(`document#/components/messages/${type}/payload`);
      assert(validate, type);
      if (validate(message)) return;
      const why = ajv.errorsText(validate.errors);
      assert.fail(`${why}: ${JSON.stringify(message).slice(0, 300)}`);
    },
  };
}
