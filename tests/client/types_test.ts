import {
  type Bell,
  connect,
  type Notification,
  type NotificationFields,
  type Snapshot,
} from "../../client/src/mod.ts";
import { type Equal, typesHold } from "../drivers/types.ts";

interface Mine {
  "order.shipped": { orderId: string };
  "chat": { from: string };
}

/** Never called: `deno check` is the test. */
function _compiles(): void {
  const options = { getToken: () => "" };
  const bell = connect<Mine>("/", options);
  typesHold<Equal<typeof bell, Bell<Mine>>>();

  bell.on("notification", (n, { live }) => {
    typesHold<Equal<typeof live, boolean>>();
    typesHold<Equal<typeof n.category, keyof Mine>>();
    if (n.category === "chat") typesHold<Equal<typeof n.data, { from: string }>>();
    else {
      typesHold<Equal<typeof n.data, { orderId: string }>>();
      // @ts-expect-error -- the data of another category
      void n.data.from;
    }
    // @ts-expect-error -- a category that no publisher uses
    void (n.category === "order.lost");
    // @ts-expect-error -- notifications are read-only
    n.read = true;
    // @ts-expect-error -- which category it is has to be known first
    void n.data.orderId;
  });
  bell.on("toast", (n) => typesHold<Equal<typeof n, Notification<Mine>>>());
  // @ts-expect-error -- there is no such event
  bell.on("notifications", () => {});

  typesHold<Equal<ReturnType<typeof bell.getSnapshot>, Snapshot<Mine>>>();
  typesHold<
    Equal<Awaited<ReturnType<typeof bell.list>>["items"], readonly Notification<Mine>[]>
  >();
  void bell.mark("read", bell.getSnapshot().items);
  // @ts-expect-error -- there is no such mark
  void bell.mark("starred", []);
  // @ts-expect-error -- what is published has a title
  void bell.publish("news", { body: "" });

  // A bell of some categories is one of any; without categories `data` is unknown.
  const any: Bell = bell;
  any.on("notification", ({ category, data }) => {
    typesHold<Equal<typeof category, string>>();
    typesHold<Equal<typeof data, unknown>>();
  });
  typesHold<Notification<Mine> extends NotificationFields ? true : false>();
  // @ts-expect-error -- tokens come from somewhere
  connect("/", {});
  // @ts-expect-error -- a token is text
  connect("/", { getToken: () => 1 });
}

Deno.test("the client's types say what a notification of each category holds", () => {
  void _compiles;
});
