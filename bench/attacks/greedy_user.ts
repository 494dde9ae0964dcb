// deno-lint-ignore-file no-console -- a script for people
/**
 * One user with a good token asks for as much as one program can, while others use the service. Prints
 * what the others notice: how long a publish and its way to a device take, and the memory of the
 * service.
 *
 *     deno run -A bench/attacks/greedy_user.ts [publishes | marks | inbox | quiet] …
 *
 * The attacker runs in a process of its own, so that the measuring does not wait for it.
 *
 * @module
 */
import { Buffer } from "node:buffer";

const SECRET = "greedy-user-secret-of-at-least-32-bytes";
const KEY = "greedy-user-publisher-key";
const ROOT = new URL("../../", import.meta.url);
const OTHERS = 20;
const EVERY_MS = 20;
const ATTACK_MS = 15_000;
const SETTLE_MS = 2_000;

type Attack = "publishes" | "marks" | "inbox" | "quiet";

async function main([first, ...rest]: readonly string[]): Promise<void> {
  if (first === "--attacker") return await attack(rest[0] as Attack, rest[1] as string);
  const attacks = [first, ...rest].filter((one) => one !== undefined) as Attack[];
  for (const one of attacks.length === 0 ? ["publishes", "marks", "inbox"] as const : attacks) {
    await measure(one);
  }
}

async function measure(kind: Attack): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "greedy-user-" });
  const service = await start(folder);
  try {
    const users = Array.from({ length: OTHERS }, (_, i) => `other${i}`);
    const seen = new Map<string, (at: number) => void>();
    const devices = await Promise.all(users.map((user) => listen(service.url, user, seen)));
    await prepare(kind, service.url);
    const calm = await publishing(service, { users, seen, forMs: 3_000 });
    const attacker = kind === "quiet" ? undefined : attackFrom(kind, service.url);
    const cpuBefore = await cpuSeconds(service.process.pid);
    const during = await publishing(service, { users, seen, forMs: ATTACK_MS });
    const cpu = await cpuSeconds(service.process.pid) - cpuBefore;
    attacker?.kill("SIGKILL");
    const output = attacker && new TextDecoder().decode((await attacker.output()).stdout);
    await pause(SETTLE_MS);
    console.log(
      `${kind}: RSS ${calm.rssMax} MB before, ${during.rssMax} MB at most; ${
        cpu.toFixed(1)
      } s of CPU time`,
    );
    for (
      const [when, { posts, deliveries, failed }] of [["before", calm], ["during", during]] as const
    ) {
      console.log(
        `  ${when}: POST ${quantiles(posts)}; to the device ${quantiles(deliveries)}` +
          `; ${failed} failed of ${posts.length + failed}`,
      );
    }
    if (output) console.log(`  ${output.trim().split("\n").at(-1)}`);
    for (const device of devices) device.close();
  } finally {
    service.process.kill("SIGKILL");
    await service.process.status;
    await Deno.remove(folder, { recursive: true });
  }
}

interface Service {
  readonly process: Deno.ChildProcess;
  readonly url: string;
}

async function start(folder: string): Promise<Service> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--v8-flags=--max-semi-space-size=8,--heap-growing-percent=50",
      new URL("main.ts", ROOT).pathname,
    ],
    env: {
      PORT: "0",
      HOST: "127.0.0.1",
      BELLWIRE_KV: `${folder}/bellwire.db`,
      BELLWIRE_JWT_SECRET: SECRET,
      BELLWIRE_API_KEYS: `bench:${KEY}`,
      BELLWIRE_INBOX_MAX: "10000",
      BELLWIRE_LOG: "json",
      BELLWIRE_SHUTDOWN_DELAY_SECONDS: "0",
    },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes("service.ready")) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`The service did not start: ${text}`);
    text += value;
  }
  void (async () => {
    while (!(await lines.read()).done);
  })();
  const ready = text.split("\n").find((line) => line.includes("service.ready")) as string;
  const { url } = JSON.parse(ready) as { url: string };
  return { process, url };
}

async function tokenOf(user: string): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = {
    sub: user,
    iat: seconds,
    exp: seconds + 3600,
    publish: ["topic:chat"],
    topics: ["*"],
  };
  const head = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(SECRET),
    {
      name: "HMAC",
      hash: "SHA-256",
    },
    false,
    ["sign"],
  );
  const signature = await crypto.subtle.sign("HMAC", key, encoder.encode(head));
  return `${head}.${Buffer.from(signature).toString("base64url")}`;
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Connects a device; each notification's title is looked up in `seen` when it comes. */
async function listen(
  url: string,
  user: string,
  seen: Map<string, (at: number) => void>,
): Promise<WebSocket> {
  const socket = await open(url, user);
  socket.addEventListener("message", ({ data }) => {
    const held = JSON.parse(data) as Message | Message[];
    for (const message of Array.isArray(held) ? held : [held]) {
      if (message.type === "ping") socket.send('{"type":"pong"}');
      const title = message.item?.title;
      if (title !== undefined) seen.get(title)?.(performance.now());
    }
  });
  return socket;
}

interface Message {
  readonly type: string;
  readonly code?: string;
  readonly item?: { readonly title: string };
}

async function open(url: string, user: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/stream`, [
    "bellwire.v1",
    `bearer.${await tokenOf(user)}`,
  ]);
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("The socket did not open"));
  });
  const welcomed = new Promise<void>((resolve) => {
    socket.addEventListener("message", () => resolve(), { once: true });
  });
  socket.send('{"type":"hello"}');
  await welcomed;
  return socket;
}

interface Measured {
  readonly posts: number[];
  readonly deliveries: number[];
  readonly failed: number;
  readonly rssMax: number;
}

/** Publishes small notifications to the others at an even pace. */
async function publishing(
  { process, url }: Service,
  { users, seen, forMs }: {
    users: readonly string[];
    seen: Map<string, (at: number) => void>;
    forMs: number;
  },
): Promise<Measured> {
  const posts: number[] = [];
  const deliveries: number[] = [];
  const calls: Promise<void>[] = [];
  let failed = 0;
  let rssMax = 0;
  const start = performance.now();
  for (let i = 0; i * EVERY_MS < forMs; i++) {
    const wait = start + i * EVERY_MS - performance.now();
    if (wait > 0) await pause(wait);
    const title = `${forMs} ${i}`;
    const since = performance.now();
    const came = new Promise<void>((resolve) => {
      seen.set(title, (at) => {
        deliveries.push(at - since);
        seen.delete(title);
        resolve();
      });
    });
    calls.push((async () => {
      try {
        const answer = await fetch(`${url}/v1/notifications`, {
          method: "POST",
          headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
          body: JSON.stringify({ to: { user: users[i % users.length] }, title }),
        });
        await answer.body?.cancel();
        if (answer.status !== 201) throw new Error(String(answer.status));
        posts.push(performance.now() - since);
        await Promise.race([came, pause(10_000)]);
      } catch {
        failed++;
      }
    })());
    if (i % 5 === 0) rssMax = Math.max(rssMax, await residentMegabytes(process.pid));
  }
  await Promise.all(calls);
  rssMax = Math.max(rssMax, await residentMegabytes(process.pid));
  return { posts, deliveries, failed, rssMax };
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** What a process has used so far, by a clock of 100 ticks a second. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? NaN).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Fills the attacker's inbox where the attack needs one. */
async function prepare(kind: Attack, url: string): Promise<void> {
  if (kind !== "inbox" && kind !== "marks") return;
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  const isLarge = kind === "inbox";
  const notification = {
    to: { user: "greedy" },
    title: "Filler",
    ...(isLarge ? { data: "x".repeat(15_000), body: "y".repeat(4_000) } : {}),
  };
  const batches = isLarge ? 20 : 100;
  for (let i = 0; i < batches; i++) {
    const count = isLarge ? 50 : 100;
    const answer = await fetch(`${url}/v1/notifications/batch`, {
      method: "POST",
      headers,
      body: JSON.stringify({ notifications: Array(count).fill(notification) }),
    });
    if (answer.status !== 200) throw new Error(await answer.text());
    await answer.body?.cancel();
  }
}

function attackFrom(kind: Attack, url: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename as string, "--attacker", kind, url],
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

/** What the attacker's process does, until it is killed. */
async function attack(kind: Attack, url: string): Promise<void> {
  const count = { asked: 0, answered: 0, refused: 0, closed: 0 };
  const report = setInterval(() => console.log("attacker", JSON.stringify(count)), 500);
  try {
    await { publishes, marks, inbox, quiet: () => Promise.resolve() }[kind](url, count);
  } finally {
    clearInterval(report);
  }
}

interface Count {
  asked: number;
  answered: number;
  refused: number;
  closed: number;
}

/** 20 connections that each send 250 publishes of 45 KB without waiting, again and again. */
async function publishes(url: string, count: Count): Promise<void> {
  // The limit of `data` is 16 KiB: the rest is fields that are not known, as a careless client sends.
  const message = JSON.stringify({
    type: "publish",
    topic: "chat",
    title: "Large",
    body: "y".repeat(4_000),
    data: "x".repeat(16_000),
    rest: "z".repeat(25_000),
  });
  await Promise.all(Array.from({ length: 20 }, () =>
    again(url, count, (socket) => {
      for (let i = 0; i < 250; i++) {
        socket.send(`${message.slice(0, -1)},"ref":${i}}`);
        count.asked++;
      }
      return 250;
    })));
}

/** 20 connections that each send ten marks of 10,000 items a second, a tenth of what each may send. */
async function marks(url: string, count: Count): Promise<void> {
  const items = Array.from({ length: 10_000 }, (_, i) => (i * 7_919) % 10_000 * 2 + 1);
  const list = JSON.stringify(items);
  let on = false;
  await Promise.all(Array.from({ length: 20 }, () =>
    again(url, count, async (socket) => {
      for (let i = 0; socket.readyState === WebSocket.OPEN; i++) {
        on = !on;
        socket.send(`{"type":"mark","op":"${on ? "read" : "unread"}","items":${list},"ref":${i}}`);
        count.asked++;
        await pause(100);
      }
      return 0;
    })));
}

/** Asks for a category that nothing has, ten calls at a time. */
async function inbox(url: string, count: Count): Promise<void> {
  const headers = { authorization: `Bearer ${await tokenOf("greedy")}` };
  await Promise.all(Array.from({ length: 10 }, async () => {
    for (;;) {
      count.asked++;
      const answer = await fetch(`${url}/v1/inbox?category=none&status=all`, { headers });
      await answer.body?.cancel();
      if (answer.status === 200) count.answered++;
      else {
        count.refused++;
        await pause(20);
      }
    }
  }));
}

/** Connects, does something, and connects again when the connection ends or all is answered. */
async function again(
  url: string,
  count: Count,
  task: (socket: WebSocket) => number | Promise<number>,
): Promise<void> {
  for (;;) {
    try {
      const socket = await open(url, "greedy");
      const over = Promise.withResolvers<void>();
      let answers = 0;
      let wanted = Infinity;
      socket.addEventListener("message", ({ data }) => {
        const held = JSON.parse(data) as Message | Message[];
        for (const message of Array.isArray(held) ? held : [held]) {
          if (message.type === "ping") socket.send('{"type":"pong"}');
          if (message.type === "ok") count.answered++;
          else if (message.type === "error") count.refused++;
          else continue;
          if (++answers >= wanted) over.resolve();
        }
      });
      socket.addEventListener("close", () => {
        count.closed++;
        over.resolve();
      });
      wanted = await task(socket);
      await over.promise;
      socket.close();
    } catch {
      await pause(100);
    }
  }
}

await main(Deno.args);
