import type { Change, ChangeScope, MarkOp } from "./event.ts";
import type { Seq } from "./item.ts";
import { decideMark, newMembership, type TopicMembership } from "./topic_membership.ts";
import type { StreamContext } from "./stream.ts";
import { EVERYONE, type TopicStream } from "./stream_name.ts";

/** What becomes of a membership, and the change that tells of it. */
export interface MembershipChange {
  /** Undefined where the user has left. */
  readonly membership: TopicMembership | undefined;
  readonly change: Change;
  /** By how many topics the user has more. */
  readonly joined?: -1 | 1;
}

/** A user's memberships while a batch of intents is decided: as they were read, or as it has made them. */
export class PendingMemberships {
  readonly #context: Pick<StreamContext, "topic">;
  readonly #everyoneFrom: () => Seq;
  readonly #changed = new Map<TopicStream, TopicMembership | undefined>();

  /** @param everyoneFrom the newest event of `everyone` when the user's stream was made */
  constructor(context: Pick<StreamContext, "topic">, everyoneFrom: () => Seq) {
    this.#context = context;
    this.#everyoneFrom = everyoneFrom;
  }

  set(topic: TopicStream, membership: TopicMembership | undefined): void {
    this.#changed.set(topic, membership);
  }

  /** Each of these gives what to do, or undefined where nothing would change. */
  mark(
    topic: TopicStream,
    mark: { op: MarkOp; scope: ChangeScope },
  ): MembershipChange | undefined {
    const membership = this.#get(topic);
    if (membership === undefined) return undefined;
    const decided = decideMark(membership, this.#context.topic(topic).state, mark);
    return decided && {
      membership: decided.membership,
      change: { op: mark.op, target: topic, ...decided.scope },
    };
  }

  /** @param options `isFull`: the user belongs to as many topics as a user may */
  join(
    topic: TopicStream,
    { granted, isFull }: { granted: boolean; isFull: boolean },
  ): MembershipChange | undefined {
    const member = this.#get(topic);
    if (member === undefined) {
      if (isFull) return undefined;
      const membership = newMembership(this.#context.topic(topic).state.seq, granted);
      return { membership, change: join(topic, membership), joined: 1 };
    }
    if (member.granted || !granted) return undefined;
    const membership = { ...member, granted };
    return { membership, change: join(topic, membership) };
  }

  leave(topic: TopicStream): MembershipChange | undefined {
    if (topic === EVERYONE || this.#get(topic) === undefined) return undefined;
    const { seq } = this.#context.topic(topic).state;
    const change: Change = { op: "leave", target: topic, upTo: seq };
    return { membership: undefined, change, joined: -1 };
  }

  #get(topic: TopicStream): TopicMembership | undefined {
    if (this.#changed.has(topic)) return this.#changed.get(topic);
    const { membership } = this.#context.topic(topic);
    return membership ??
      (topic === EVERYONE ? newMembership(this.#everyoneFrom(), true) : undefined);
  }
}

function join(topic: TopicStream, { granted, joined }: TopicMembership): Change {
  return { op: "join", target: topic, granted, upTo: joined };
}
