import assert from "node:assert/strict";
import { Device } from "../drivers/device.ts";
import { readProblem } from "../drivers/problem.ts";
import { Service } from "../drivers/service.ts";

async function publish(service: Service, count: number, user = "ada"): Promise<void> {
  for (let i = 0; i < count; i++) {
    await service.published({ to: { user }, title: `No. ${i + 1}` });
  }
}

async function post(service: Service, user: string, mark: unknown): Promise<Response> {
  return await service.fetch("/v1/inbox/marks", {
    method: "POST",
    headers: {
      authorization: `Bearer ${await service.token(user)}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(mark),
  });
}

Deno.test("what is read, archived or deleted on one device is so on the others, and for who was away", async () => {
  await using service = await Service.start();
  await using phone = await Device.connect(service, "ada");
  await using laptop = await Device.connect(service, "ada");
  const away = new Device(service, "ada");
  await away.connect();
  await publish(service, 6);
  await away.reaches(3);
  await away.drop();

  const marks = [
    { op: "read", items: [2, 4] },
    { op: "unread", items: [4] },
    { op: "archive", items: [1] },
    { op: "delete", upTo: 2, stream: "user" },
    { op: "seen", items: [3, 5] },
    { op: "archive", items: [6] },
    { op: "unarchive", items: [6] },
  ];
  for (const mark of marks) await phone.ask({ type: "mark", ...mark });
  const last = 6 + marks.length;
  await Promise.all([phone.reaches(last), laptop.reaches(last)]);
  await away.connect();
  for (const device of [phone, laptop, away]) {
    assert.deepEqual(
      device.items.map(({ seq, read, seen, archived }) => ({ seq, read, seen, archived })),
      [
        { seq: 6, read: false, seen: false, archived: false },
        { seq: 5, read: false, seen: true, archived: false },
        { seq: 4, read: false, seen: true, archived: false },
        { seq: 3, read: false, seen: true, archived: false },
      ],
    );
    assert.deepEqual(device.counts, { unread: 4, unseen: 1 });
    await device.equalsInbox();
  }
  await away.close();
});

Deno.test("a mark over REST does what one over the socket does, and what is so already is no event", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  await publish(service, 3);
  for (let i = 0; i < 3; i++) {
    const response = await post(service, "ada", { op: "read", upTo: 2 });
    assert.equal(response.status, 204, await response.text());
  }
  assert.equal((await post(service, "ada", { op: "archive", items: [3] })).status, 204);
  await device.reaches(5);
  assert.deepEqual(device.items.map(({ read, archived }) => [read, archived]), [
    [false, true],
    [true, false],
    [true, false],
  ]);
  assert.deepEqual(device.counts, { unread: 0, unseen: 0 });
  assert.deepEqual(await (await service.get("/v1/inbox/counts", "ada")).json(), device.counts);
});

Deno.test("reading all that there is never touches what is published in the same moment", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  for (let round = 0; round < 20; round++) {
    await publish(service, 2);
    const upTo = 2 + round * 7;
    await device.reaches(upTo);
    const published = Promise.all([1, 2, 3].map(() => publish(service, 1)));
    await device.ask({ type: "mark", op: "read", upTo });
    await published;
    await device.reaches(upTo + 4);
    const unread = device.items.filter(({ read }) => !read).map(({ seq }) => seq);
    assert.equal(unread.length, 3, `round ${round}: ${unread}`);
    assert(unread.every((seq) => seq > upTo));
    assert.equal(device.counts.unread, 3);
    await device.ask({ type: "mark", op: "delete", upTo: upTo + 4 });
    await device.reaches(upTo + 5);
  }
});

Deno.test("a mark that is not one is refused with what it should be, and nothing happens", async () => {
  await using service = await Service.start();
  await using device = await Device.connect(service, "ada");
  await publish(service, 1);
  const wrong = [
    {},
    { op: "read" },
    { op: "burn", items: [1] },
    { op: "read", items: [] },
    { op: "read", items: [0] },
    { op: "read", items: ["1"] },
    { op: "read", items: [1], upTo: 1 },
    { op: "read", upTo: -1 },
    { op: "read", upTo: 1, stream: "topic:a/b" },
    { op: "read", upTo: {} },
    { op: "read", upTo: { elsewhere: 3 } },
    { op: "read", upTo: { user: 1 }, stream: "user" },
  ];
  for (const mark of wrong) {
    const response = await post(service, "ada", mark);
    assert.equal(response.status, 400);
    const problem = await readProblem(response);
    assert.equal(problem.code, "invalid_request", JSON.stringify(mark));
    const answer = await device.request({ type: "mark", ...mark });
    assert.deepEqual([answer.type, answer["code"]], ["error", "invalid_request"]);
  }
  const unknown = await readProblem(
    await post(service, "ada", { op: "read", upTo: 1, extra: 1 }),
  );
  assert.equal(unknown.code, "invalid_request");
  assert.deepEqual(device.counts, { unread: 1, unseen: 1 });
});
