import assert from "node:assert/strict";
import type { Bell, BellEvents, Notification, Page, Snapshot } from "../../client/src/mod.ts";
import { connect, Unauthorized } from "../../client/src/mod.ts";
import { eventually } from "../drivers/deadline.ts";
import { Service } from "../drivers/service.ts";

/** As Vue's `reactive`, Pinia and others keep what an app gives them: every object in it is a Proxy too. */
function reactive<T extends object>(target: T): T {
  return new Proxy(target, {
    get(target, key, receiver) {
      const value = Reflect.get(target, key, receiver);
      return typeof value === "object" && value !== null ? reactive(value) : value;
    },
  });
}

Deno.test("a bell works as a part of an app's reactive state, and without its name", async () => {
  await using service = await Service.start();
  const claims = { topics: ["news"], publish: ["topic:news"] };
  const getToken = () => service.token("ada", { claims });
  const app = reactive({ bell: connect(service.url, { getToken }) });
  const { bell } = app;
  const told: string[] = [];
  const off = bell.on("notification", ({ title }) => told.push(title));
  const stop = bell.subscribe(() => {});
  await eventually(() => bell.getSnapshot().connection.state === "live", "to be live");
  await service.published({ to: { user: "ada" }, title: "one" });
  await eventually(() => told.includes("one"), "the notification");
  const state = reactive({ items: bell.getSnapshot().items });
  await bell.mark("read", state.items);
  await bell.mark("archive", state.items[0] as Notification);
  await bell.markAll("seen");
  await bell.join("news");
  await bell.publish("news", reactive({ title: "two", data: { a: [1] } }));
  await eventually(() => told.includes("two"), "what was published");
  await bell.leave("news");
  assert.equal((await bell.list(reactive({ status: "all" as const }))).items.length, 1);
  assert.equal(await bell.loadMore(), false);
  bell.retry();
  bell.disableSystemNotifications();
  assert.equal(await bell.enableSystemNotifications(), "unsupported");
  const { mark, getSnapshot } = bell;
  await mark("unarchive", getSnapshot().items);
  assert.equal(getSnapshot().items[0]?.archived, false);
  off();
  stop();
  await bell.logout();
  assert.equal(getSnapshot().user, undefined);
  bell.close();
});

interface Mine {
  readonly "order.shipped": { readonly orderId: string };
  readonly "chat": { readonly from: string };
}
type One = { readonly "order.shipped": { readonly orderId: string } };

/** What takes a bell of any kind takes one of some categories: this is a matter of types. */
function titles(bell: Bell): string[] {
  return bell.getSnapshot().items.map(({ title, data }) => `${title} ${typeof data}`);
}

Deno.test("a bell of some categories is a bell", () => {
  const getToken = (): string => {
    throw new Unauthorized();
  };
  const mine: Bell<Mine> = connect<Mine>("http://bell.example", { getToken });
  const one: Bell<One> = connect<One>("http://bell.example", { getToken });
  const all: Bell[] = [mine, one];
  const snapshots: Snapshot[] = [mine.getSnapshot(), one.getSnapshot()];
  const pages: (() => Promise<Page>)[] = [mine.list, one.list];
  const listener: BellEvents["notification"] = ({ title }) => void title;
  mine.on("notification", listener);
  mine.on("notification", (n) => n.category === "chat" ? n.data.from : n.data.orderId);
  // @ts-expect-error -- a bell of any kind is none of these
  const narrow: Bell<One> = all[0] as Bell;
  assert.deepEqual([titles(mine), titles(one), titles(narrow)], [[], [], []]);
  assert.deepEqual([snapshots.length, pages.length], [2, 2]);
  for (const bell of all) bell.close();
});
