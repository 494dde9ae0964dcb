import type * as z from "zod";
import type * as protocol from "../../../protocol/messages.ts";
import type { clientMessage } from "../../../src/gateway/protocol/client_message.ts";
import type { serverMessages } from "../../../src/gateway/protocol/server_message.ts";
import { type Equal, typesHold } from "../../drivers/types.ts";

/** A type without `readonly`, and with one way to say that a field is optional. */
type Plain<T> = T extends object ? { -readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> }
  : T;

type Inferred<T extends z.ZodType> = Plain<z.infer<T>>;

Deno.test("the schemas of the messages have the types that clients are compiled against", () => {
  typesHold<Equal<Inferred<typeof clientMessage>, Plain<protocol.ClientMessage>>>();
  typesHold<
    Equal<
      { [Type in keyof typeof serverMessages]: Inferred<typeof serverMessages[Type]> },
      { [Message in protocol.ServerMessage as Message["type"]]: Plain<Message> }
    >
  >();
});
