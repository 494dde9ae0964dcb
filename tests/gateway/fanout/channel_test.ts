import assert from "node:assert/strict";
import type { Channel } from "../../../src/gateway/fanout/channel.ts";
import { Channels } from "../../../src/gateway/fanout/channels.ts";
import { EncodedBatch } from "../../../src/gateway/fanout/encoded_batch.ts";
import { READ } from "../../../src/domain/marks.ts";
import { TopicChannel } from "../../../src/gateway/fanout/topic_channel.ts";
import type { HeadCache } from "../../../src/store/head_cache.ts";
import type { Memberships, MembershipsOfUser } from "../../../src/store/inbox/memberships.ts";
import { activate } from "../../fakes/active_session.ts";
import type { Frame } from "../../../src/gateway/protocol/frame.ts";
import { Session } from "../../../src/gateway/session/session.ts";
import { Subscription } from "../../../src/gateway/fanout/subscription.ts";
import type { Transport } from "../../../src/gateway/transport/transport.ts";
import { within } from "../../drivers/deadline.ts";
import { unexpected } from "../../fakes/error_reports.ts";
import { settle } from "../../fakes/virtual_clock.ts";

const EPOCH = "e1";

/** A delivery of as many notifications as titles are given. */
function delivery(first: number, titles: readonly string[], epoch = EPOCH): EncodedBatch {
  return new EncodedBatch({
    stream: "topic:news",
    epoch,
    events: titles.map((title, i) => ({
      kind: "notification",
      seq: first + i,
      item: { json: JSON.stringify({ title }) },
      counts: { unread: 0, unseen: 0 },
    })),
  });
}

function open(fetchEarlier = () => Promise.resolve()): Channel {
  return new TopicChannel("topic:news", { fetchEarlier, onError: unexpected });
}

function follow(
  channel: Channel,
  transport: Partial<Transport> = {},
  onFellBehind: (subscription: Subscription) => void = () => {},
  memberships?: MembershipsOfUser,
): Subscription {
  const session: Session = new Session("s1", {
    transport: { buffered: 0, send: () => {}, close: () => {}, whenGone: () => {}, ...transport },
    ended: () => channel.remove(subscription),
  });
  const subscription = new Subscription({
    active: activate(session, memberships),
    channel,
    cursor: { epoch: EPOCH, seq: 0 },
    onFellBehind,
  });
  channel.add(subscription);
  return subscription;
}

/** Whether the channel still knows what it has delivered after `seq`. */
function remembers(channel: Channel, seq: number): boolean {
  return channel.since({ epoch: EPOCH, seq }) !== undefined;
}

function tryGoLive(subscription: Subscription): void {
  const since = subscription.tryGoLive();
  assert(since !== undefined);
  for (const delivery of since) subscription.take(delivery);
}

Deno.test("a channel remembers what it delivers as long as a device catches up, and no longer", () => {
  const channel = open();
  tryGoLive(follow(channel));
  const behind = follow(channel);
  channel.deliver(delivery(1, ["a"]));
  assert(remembers(channel, 0));
  tryGoLive(behind);
  assert.equal(behind.cursor?.seq, 1);
  assert(!remembers(channel, 0));

  const leaving = follow(channel);
  channel.deliver(delivery(2, ["b"]));
  assert(remembers(channel, 1));
  leaving.session.lost();
  assert(!remembers(channel, 1));
});

Deno.test("a device that vanishes while it is sent something leaves no trace in its channel", () => {
  const channel = open();
  const stays = follow(channel);
  const vanishes: Subscription = follow(channel, { send: () => vanishes.session.lost() });
  for (const subscription of [stays, vanishes]) tryGoLive(subscription);
  channel.deliver(delivery(1, ["a", "b"]));
  channel.deliver(delivery(3, ["c"]));
  assert.equal(stays.cursor?.seq, 3);
  assert(!remembers(channel, 2), "it is taken for a device that catches up");
});

Deno.test("who is asked to look again while it catches up does so before it goes live", () => {
  const channel = open();
  const subscription = follow(channel);
  subscription.fallBehind();
  assert.equal(subscription.tryGoLive(), undefined);
  assert.deepEqual(subscription.tryGoLive(), []);
});

Deno.test("what comes before an earlier event did waits for it, and is read where that never comes", async () => {
  const fallen: Subscription[] = [];
  let fetched: PromiseWithResolvers<void> | undefined;
  const channel = open(() => {
    fetched = Promise.withResolvers();
    return fetched.promise;
  });
  const subscription = follow(channel, {}, (its) => fallen.push(its));
  tryGoLive(subscription);
  channel.deliver(delivery(1, ["a"]));
  channel.deliver(delivery(4, ["d"]));
  channel.deliver(delivery(3, ["c"]));
  assert.equal(subscription.cursor?.seq, 1);
  channel.deliver(delivery(2, ["b"]));
  fetched?.resolve();
  await settle();
  assert.deepEqual([subscription.cursor?.seq, fallen.length], [4, 0]);

  channel.deliver(delivery(6, ["f"]));
  fetched?.resolve();
  await settle();
  assert.deepEqual([subscription.cursor?.seq, fallen.length], [4, 1]);
});

Deno.test("what is remembered for a slow device is no more than what a socket may hold", () => {
  const channel = open();
  follow(channel);
  const large = "n".repeat(45 * 1024);
  for (let seq = 1; seq <= 60; seq++) channel.deliver(delivery(seq, [large]));
  const first = Array.from({ length: 61 }, (_, seq) => seq)
    .find((seq) => remembers(channel, seq)) ?? 60;
  assert((60 - first) * large.length <= 256 * 1024, `the last ${60 - first} of 60`);
  assert(first < 60, "nothing at all");
});

Deno.test("whoever leaves a topic does not keep others from going live on it", () => {
  const channels = new Channels({
    onError: unexpected,
    fetchEarlier: () => Promise.resolve(),
    onClose: () => {},
    moved: () => {},
    heads: {} as HeadCache,
    memberships: {} as Memberships,
  });
  const channel = channels.openTopic("topic:news");
  const [stays, leaves] = [follow(channel), follow(channel)];
  for (const subscription of [stays, leaves]) tryGoLive(subscription);
  channels.leave(leaves);
  const joins = follow(channel);
  channel.deliver(delivery(1, ["a"]));
  tryGoLive(joins);
  assert.deepEqual([stays, leaves, joins].map(({ cursor }) => cursor?.seq), [1, 0, 1]);
});

Deno.test("what is delivered while many devices are still being sent something goes out as one frame", async () => {
  const channel = open();
  const frames: Frame[] = [];
  const isEnded = Promise.withResolvers<void>();
  let left = 1_500;
  const onFellBehind = () => {
    if (--left === 0) isEnded.resolve();
  };
  const crowd = Array.from(
    { length: left },
    (_, i) => follow(channel, i === 0 ? { send: (frame) => frames.push(frame) } : {}, onFellBehind),
  );
  for (const subscription of crowd) tryGoLive(subscription);
  for (const title of ["a", "b", "c"]) channel.deliver(delivery(channel.heard + 1, [title]));
  // Not together with another incarnation's events, which has all of them look at the head.
  channel.deliver(delivery(4, ["d"], "e2"));
  await within(isEnded.promise, "the end of the fan-out");
  assert(crowd.every(({ cursor }) => cursor?.seq === 3));
  const titles = frames.map(({ text }) => [JSON.parse(text)].flat().map(({ item }) => item.title));
  assert.deepEqual(titles, [["a"], ["b", "c"]]);
});

Deno.test("a stream that was made anew is gone live on, however far the one before had come", () => {
  const channel = open();
  const old = follow(channel);
  tryGoLive(old);
  channel.deliver(delivery(1, ["a", "b", "c"]));
  const anew = follow(channel);
  anew.cursor = { epoch: "e2", seq: 1 };
  assert.equal(
    anew.tryGoLive(),
    undefined,
    "the head that was read may be older than what was heard",
  );
  channel.seeEpoch("e2", 0);
  assert.equal(anew.tryGoLive(), undefined, "something was heard since that head was read");
  channel.seeEpoch("e2", channel.handedOut);
  tryGoLive(anew);
  channel.deliver(delivery(2, ["d"], "e2"));
  assert.deepEqual([anew.cursor, old.isLive], [{ epoch: "e2", seq: 2 }, false]);
});

Deno.test("what comes after another device of the user has marked it does not come as new", () => {
  const channel = open();
  const fallen: Subscription[] = [];
  const read = { joined: 0, granted: false, seenUpTo: 0, marks: [{ from: 1, to: 1, flags: READ }] };
  const memberships = new Map([["topic:news", read]] as const);
  const subscription = follow(channel, {}, (its) => fallen.push(its), memberships);
  tryGoLive(subscription);
  channel.deliver(delivery(1, ["a"]));
  assert.deepEqual([subscription.cursor?.seq, fallen], [0, [subscription]]);
  subscription.cursor = { epoch: EPOCH, seq: 1 };
  tryGoLive(subscription);
  channel.deliver(delivery(2, ["b"]));
  assert.deepEqual([subscription.cursor?.seq, fallen.length], [2, 1]);
});
