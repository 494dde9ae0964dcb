import assert from "node:assert/strict";
import { until } from "../deadline.ts";
import type { Device } from "../device.ts";
import type { Message } from "../socket.ts";
import type { World } from "../world.ts";

/** All notifications that came over the connection. */
export function notifications({ messages }: Device): readonly Message[] {
  return messages.filter(({ type }) => type === "notification");
}

/** A device whose user has just joined a topic. */
export async function member(w: World) {
  const [user, topic] = [w.name(), w.name()];
  const device = await w.device(user);
  await w.publisher("PUT", `/v1/users/${user}/topics/${topic}`);
  const stream = `topic:${topic}`;
  const has = () => device.messages.some((m) => m.type === "reset" && m["stream"] === stream);
  await device.until(has, "the topic's reset");
  return { device, user, topic };
}

/** A device that has got so many and is away. */
export async function away(w: World, count: number) {
  const user = w.name();
  const device = await w.device(user);
  await w.fill(user, count);
  await device.reaches(count);
  await device.leave();
  return { user, device };
}

/** The cursor of a device that has just got a reset. */
export function cursorOf({ epoch, seq }: Message): unknown {
  return { epoch, seq };
}

/** A stream's first message after a hello with these cursors, which has to be a reset. */
export async function hello(
  w: World,
  user: string,
  resume: Readonly<Record<string, unknown>>,
  of = "user",
): Promise<Message> {
  const token = await w.token(user);
  return await until(async () => {
    await using socket = await w.socket({ protocols: ["bellwire.v1", `bearer.${token}`] });
    socket.send({ type: "hello", resume });
    const first = await socket.next(({ stream }) => stream === of);
    assert.equal(first.type, "reset", JSON.stringify(first));
    return first;
  }, "a reset");
}
