import type { MarkOp } from "../../src/domain/event.ts";
import { EVERYONE, type TopicStream } from "../../src/domain/stream_name.ts";

/** A stream as its user calls it. */
export type OwnName = "user" | TopicStream;

/** What somebody asks for on behalf of a user. */
export type Wish =
  | { readonly kind: "join"; readonly topic: TopicStream; readonly granted: boolean }
  | { readonly kind: "leave"; readonly topic: TopicStream }
  /** Of items that were there when it was asked for. */
  | { readonly kind: "mark"; readonly op: MarkOp; readonly reaches: readonly Reach[] }
  | { readonly kind: "erase" };

/** Items that a mark concerns. */
export type Reach =
  & { readonly stream: OwnName }
  & ({ readonly items: readonly number[] } | { readonly upTo: number });

/** A wish, and what is known of how it ended. */
export interface Claim {
  readonly user: string;
  readonly wish: Wish;
  readonly begun: number;
  /** When it was first answered with success; Infinity for one whose outcome is unknown. */
  ended: number;
  /** It was answered that it has no effect. */
  refused: boolean;
}

/** What an item may show after all that was asked for. */
export interface Possible {
  readonly read: ReadonlySet<boolean>;
  readonly archived: ReadonlySet<boolean>;
  readonly seen: ReadonlySet<boolean>;
  /** It was acknowledged that it is gone. */
  readonly deleted: boolean;
}

/**
 * Everything that was asked for on behalf of users. Of two wishes that contradict each other the later
 * one holds, if the earlier had been acknowledged when the later was begun; else either may.
 */
export class Claims {
  readonly #claims: Claim[] = [];
  #moments = 0;

  begin(user: string, wish: Wish): Claim {
    const begun = ++this.#moments;
    const claim: Claim = { user, wish, begun, ended: Infinity, refused: false };
    this.#claims.push(claim);
    return claim;
  }

  /** It is so, as was answered. */
  done(claim: Claim): void {
    claim.ended = Math.min(claim.ended, ++this.#moments);
  }

  /** It was answered that nothing was done, where no earlier sending of it was left unanswered. */
  refused(claim: Claim): void {
    claim.refused = true;
  }

  wasErased(user: string): boolean {
    return this.#claims.some((claim) => claim.user === user && claim.wish.kind === "erase");
  }

  /** Whether anything could ever have made the user a member whom this topic is sent. */
  mayFollow(user: string, topic: string, allows: (name: string) => boolean): boolean {
    if (topic === EVERYONE) return true;
    return this.#claims.some(({ user: its, wish, refused }) =>
      its === user && wish.kind === "join" && wish.topic === topic && !refused &&
      (wish.granted || allows(topic))
    );
  }

  /** Whether the user may be a member: either, or both. */
  membership(user: string, topic: TopicStream): ReadonlySet<boolean> {
    return this.#possible(user, false, ({ wish }) => {
      if (wish.kind === "erase") return false;
      if (wish.kind === "mark" || wish.topic !== topic) return undefined;
      return wish.kind === "join";
    });
  }

  /** @param seq of an item that is there */
  item(user: string, stream: OwnName, seq: number): Possible {
    const marked = (yes: MarkOp, no?: MarkOp) =>
      this.#possible(user, false, ({ wish }) => {
        if (wish.kind !== "mark" || (wish.op !== yes && wish.op !== no)) return undefined;
        return wish.reaches.some((reach) => concerns(wish.op, reach, { stream, seq }))
          ? wish.op === yes
          : undefined;
      });
    return {
      read: marked("read", "unread"),
      archived: marked("archive", "unarchive"),
      seen: marked("seen"),
      deleted: !marked("delete").has(false),
    };
  }

  /** @param valueOf what a claim makes of it; undefined where it does not concern it */
  #possible(
    user: string,
    initial: boolean,
    valueOf: (claim: Claim) => boolean | undefined,
  ): Set<boolean> {
    const concerned = this.#claims.flatMap((claim) => {
      if (claim.user !== user || claim.refused) return [];
      const value = valueOf(claim);
      return value === undefined ? [] : [{ claim, value }];
    });
    const lastBegun = Math.max(
      -Infinity,
      ...concerned.filter(({ claim }) => claim.ended < Infinity).map(({ claim }) => claim.begun),
    );
    const standing = concerned.filter(({ claim }) => claim.ended >= lastBegun);
    const values = new Set(standing.map(({ value }) => value));
    return lastBegun === -Infinity ? values.add(initial) : values;
  }
}

function concerns(
  op: MarkOp,
  reach: Reach,
  { stream, seq }: { stream: OwnName; seq: number },
): boolean {
  if (reach.stream !== stream) return false;
  if ("upTo" in reach) return seq <= reach.upTo;
  return op === "seen" ? seq <= Math.max(...reach.items) : reach.items.includes(seq);
}
