import type { ListQuery } from "../../../client/src/types.ts";
import type { OpenTransport } from "../../../client/src/transport.ts";
import type { GatewayWorld } from "../../simulation/support/gateway_world.ts";
import type { SeededRandom } from "../../simulation/support/seeded_random.ts";
import type { SimulatedTab } from "./simulated_tab.ts";
import { parseInboxQuery } from "../../../src/http/inbox.ts";

/** A link that stands; whoever cuts it decides whether the service is told. */
export interface Line {
  cut(told: boolean): void;
}

/** Frames take so long at most. */
const WAY_MS = 40;
const REFUSED_MS = 200;

/** What lies between tabs and the real gateway: delays, and cuts. */
export class SimulatedNetwork {
  /** Whether connections can be made. */
  isUp = true;
  /** Whether apps' backends fail now and then. */
  isStormy = true;
  readonly lines = new Set<Line>();
  readonly #world: GatewayWorld;
  readonly #random: SeededRandom;

  constructor(world: GatewayWorld, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  /** Sockets of a tab. */
  sockets(tab: SimulatedTab): OpenTransport {
    return (_, events) => {
      const { clock } = this.#world;
      let isOver = false;
      let line: Line | undefined;
      const end = (code: number, reason: string) => {
        if (isOver) return;
        isOver = true;
        if (line) this.lines.delete(line);
        tab.run(() => events.ended({ code, reason }));
      };
      if (!this.isUp || !tab.hasNetwork) {
        clock.after(this.#random.integer(0, REFUSED_MS), () => end(1006, "refused"));
        return { send: () => {}, close: () => void (isOver = true) };
      }
      let outAt = 0;
      let inAt = 0;
      /** Later than all that went the same way before. */
      const way = (last: number) =>
        Math.max(last, clock.monotonic() + this.#random.integer(1, WAY_MS));
      const read = () => {
        inAt = way(inAt);
        clock.after(inAt - clock.monotonic(), () => {
          if (isOver) return;
          connection.watched.readAt = clock.monotonic();
          for (const { text } of connection.transport.read(Infinity)) {
            if (text === '{"type":"ping"}') connection.watched.pingedAt = undefined;
            const parsed = JSON.parse(text);
            tab.run(() => {
              if (!isOver) events.received(Array.isArray(parsed) ? parsed : [parsed]);
            });
          }
          const { closed } = connection.transport;
          if (closed !== undefined) end(closed.code, closed.reason);
        });
      };
      const connection = this.#world.accept({ jwt: undefined, readable: () => read() });
      const own: Line = line = {
        cut: (told) => {
          connection.transport.leave();
          connection.lose();
          // The other side of a dead link hears nothing.
          if (told) end(1006, "cut");
          else isOver = true;
          this.lines.delete(own);
        },
      };
      this.lines.add(own);
      tab.lines.add(own);
      clock.after(this.#random.integer(1, WAY_MS), () => {
        if (!isOver) tab.run(() => events.opened());
      });
      return {
        send: (message) => {
          const token = "token" in message ? { token: plain(String(message.token)) } : {};
          const text = JSON.stringify({ ...message, ...token });
          outAt = way(outAt);
          clock.after(outAt - clock.monotonic(), () => {
            if (!isOver) connection.say(text);
          });
        },
        close: () => {
          if (isOver) return;
          isOver = true;
          this.lines.delete(own);
          connection.transport.leave();
          connection.lose();
        },
      };
    };
  }

  /** `fetch` of a tab, as far as the inbox goes. */
  fetch(tab: SimulatedTab): typeof fetch {
    return (async (url: string) => {
      await tab.pause(WAY_MS);
      if (!this.isUp || !tab.hasNetwork) throw new TypeError("refused");
      const page = await this.#world.store.inbox.list(
        { user: tab.user, isInForce: () => true },
        parseInboxQuery(url) as ListQuery & { status: "all"; limit: number },
      );
      await tab.pause(WAY_MS);
      const items = page.items.map((json) => JSON.parse(json));
      return Response.json({ items, counts: page.counts, next: page.next ?? null });
    }) as typeof fetch;
  }
}

/** What looks like a JWT, around a token of the world. */
export function disguised(token: string): string {
  const [sub, ms] = token.split(" ");
  return `.${btoa(JSON.stringify({ sub, exp: Number(ms) / 1000 }))}.${btoa(token)}`;
}

function plain(jwt: string): string {
  return atob(jwt.split(".")[2] ?? "");
}
