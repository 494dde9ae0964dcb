// deno-lint-ignore-file no-console -- shows what was compared
import assert from "node:assert/strict";
import type { Crowd } from "./crowd.ts";
import { eventually } from "./deadline.ts";
import type { Receipt, RetryingPublisher } from "./retrying_publisher.ts";
import type { RoamingDevice } from "../simulation/support/roaming_device.ts";
import type { InboxItem, Service } from "./service.ts";

/** One notification in one user's stream. */
interface Place {
  readonly seq: number;
  readonly id: string;
}

/** What a comparison came to. */
export interface Tally {
  /** Publishes that were answered 201, and in how many streams they are, counted for each user. */
  readonly acknowledged: number;
  readonly deliveries: number;
  /** What the devices were shown, all together. */
  readonly shown: number;
  /** Acknowledged, and not shown by a device or not in the inbox. */
  readonly lost: number;
  /** Shown by one device, or listed in the inbox, more than once. */
  readonly twice: number;
  /** Shown after something later, or numbered before something that was answered before it was sent. */
  readonly outOfOrder: number;
  /** Shown, and yet never acknowledged, though whatever was published was. */
  readonly unasked: number;
}

const CATCH_UP_MS = 60_000;
const INBOXES_AT_ONCE = 10;

/**
 * Compares what was acknowledged with what each device was shown over all of its connections, and with
 * the inbox, prints what it came to, and fails unless all are the same, or where an instance has logged
 * an error. The devices were there before the first publish, and the publisher is done.
 *
 * @param options `instances` are those that run
 */
export async function reconcileAll(
  { crowd, publishers, instances }: {
    crowd: Crowd;
    publishers: readonly RetryingPublisher[];
    instances: readonly Service[];
  },
): Promise<Tally> {
  const receipts = publishers.flatMap((publisher) => publisher.receipts);
  const users = [...new Set(crowd.devices.map(({ user }) => user))];
  const expected = new Map(users.map((user) => [user, placesOf(receipts, user)]));
  const inboxes = await inboxesOf(users, instances);
  for (const [user, places] of expected) {
    const devices = crowd.devices.filter((device) => device.user === user);
    await caughtUp(devices, places.at(-1)?.seq ?? 0);
  }

  let [shown, lost, twice, outOfOrder, unasked] = [0, 0, 0, misplaced(receipts), 0];
  const compare = (seen: readonly Place[], places: readonly Place[]) => {
    const ids = new Set(seen.map(({ id }) => id));
    const asked = new Set(places.map(({ id }) => id));
    const at = new Map(seen.map(({ seq, id }) => [id, seq]));
    lost += places.filter(({ id, seq }) => at.get(id) !== seq).length;
    twice += seen.length - ids.size;
    unasked += [...ids].filter((id) => !asked.has(id)).length;
    outOfOrder += seen.filter(({ seq }, i) => seq <= (seen[i - 1]?.seq ?? 0)).length;
  };
  for (const user of users) {
    const places = expected.get(user) ?? [];
    const inbox = inboxes.get(user) ?? [];
    compare([...inbox].reverse(), places);
    // A publish that was written twice under two ids would show only here.
    twice += inbox.length - new Set(inbox.map(({ title }) => title)).size;
    for (const device of crowd.devices.filter((device) => device.user === user)) {
      shown += device.notified.length;
      compare(device.notified, places);
    }
  }
  const deliveries = [...expected.values()].reduce((sum, places) => sum + places.length, 0);
  const tally = {
    acknowledged: receipts.length,
    deliveries,
    shown,
    lost,
    twice,
    outOfOrder,
    unasked,
  };
  print(tally, { crowd, publishers });
  assert.deepEqual({ lost, twice, outOfOrder, unasked }, {
    lost: 0,
    twice: 0,
    outOfOrder: 0,
    unasked: 0,
  });
  for (const publisher of publishers) {
    assert.equal(publisher.receipts.length, publisher.published, String(publisher));
  }
  endsAsTheInbox(crowd.devices, inboxes);
  for (const { output } of instances) {
    assert.deepEqual(output.log.filter(({ level }) => level === "error"), []);
  }
  return tally;
}

/** Where the answers said that the notifications of a user are. */
function placesOf(receipts: readonly Receipt[], user: string): Place[] {
  const stream = `user:${user}`;
  return receipts.flatMap(({ id, deliveries }) =>
    deliveries.filter((delivery) => delivery.stream === stream).map(({ seq }) => ({ seq, id }))
  ).sort((a, b) => a.seq - b.seq);
}

/** How many were numbered before something whose answer had come when they were not even sent. */
function misplaced(receipts: readonly Receipt[]): number {
  const streams = new Map<string, { seq: number; receipt: Receipt }[]>();
  for (const receipt of receipts) {
    for (const { stream, seq } of receipt.deliveries) {
      const places = streams.get(stream);
      if (places === undefined) streams.set(stream, [{ seq, receipt }]);
      else places.push({ seq, receipt });
    }
  }
  let count = 0;
  for (const places of streams.values()) {
    let sentLast = -Infinity;
    for (const { receipt } of places.sort((a, b) => a.seq - b.seq)) {
      if (receipt.answered < sentLast) count++;
      sentLast = Math.max(sentLast, receipt.sent);
    }
  }
  return count;
}

async function caughtUp(devices: readonly RoamingDevice[], seq: number): Promise<void> {
  await eventually(
    () => devices.every((device) => device.has(seq)),
    () =>
      devices.map(({ user, cursor, connections }) =>
        `a device of ${user} (at ${cursor?.seq}, connection ${connections}) to have ${seq}`
      ).join(", "),
    CATCH_UP_MS,
  );
}

async function inboxesOf(
  users: readonly string[],
  instances: readonly Service[],
): Promise<Map<string, InboxItem[]>> {
  const inboxes = new Map<string, InboxItem[]>();
  for (let i = 0; i < users.length; i += INBOXES_AT_ONCE) {
    await Promise.all(
      users.slice(i, i + INBOXES_AT_ONCE).map(async (user, j) => {
        const service = instances[j % instances.length] as Service;
        inboxes.set(user, await service.inbox(user));
      }),
    );
  }
  return inboxes;
}

function endsAsTheInbox(
  devices: readonly RoamingDevice[],
  inboxes: ReadonlyMap<string, readonly InboxItem[]>,
): void {
  for (const { user, items, counts } of devices) {
    const inbox = inboxes.get(user) ?? [];
    assert.deepEqual(items, inbox.map(({ stream: _, ...item }) => item));
    assert.deepEqual(counts, { unread: inbox.length, unseen: inbox.length });
  }
}

function print(
  tally: Tally,
  { crowd, publishers }: { crowd: Crowd; publishers: readonly RetryingPublisher[] },
): void {
  const { acknowledged, deliveries, shown, lost, twice, outOfOrder, unasked } = tally;
  const n = (count: number) => count.toLocaleString("en-GB");
  const ends = new Map<number, number>();
  for (const device of crowd.devices) {
    for (const [code, count] of device.ends) ends.set(code, (ends.get(code) ?? 0) + count);
  }
  console.log(
    `${n(acknowledged)} publishes acknowledged, ${n(deliveries)} places in streams; ` +
      `${n(crowd.devices.length)} devices were shown ${n(shown)} over ` +
      `${n(crowd.connections)} connections: ${lost} lost, ${twice} twice, ` +
      `${outOfOrder} out of order, ${unasked} unasked`,
  );
  for (const publisher of publishers) console.log(String(publisher));
  const ended = [...ends].map(([code, count]) => `${count} × ${code}`).join(", ");
  console.log(`Connections ended: ${ended || "none"}`);
}
