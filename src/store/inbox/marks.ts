import type { ChangeScope, MarkOp } from "../../domain/event.ts";
import { newMembership } from "../../domain/topic_membership.ts";
import { EVERYONE, ownerOf, type TopicStream, userStream } from "../../domain/stream_name.ts";
import { decodeMembership } from "../codec/membership_codec.ts";
import type { Reader } from "./inbox.ts";
import type { EntryPart } from "../journal/entry.ts";
import type { Journal } from "../journal/journal.ts";
import { keys } from "../keys.ts";
import type { Kv } from "../../kv/kv.ts";
import { notAMember } from "../../errors.ts";

/** What a user makes of items: of the own stream, and of topics. */
export interface Mark {
  readonly op: MarkOp;
  readonly targets: readonly {
    readonly stream: "user" | TopicStream;
    readonly scope: ChangeScope;
  }[];
}

/** Marks through the journal: a topic's items are marked on the user's own stream. */
export class Marks {
  readonly #kv: Kv;
  readonly #journal: Journal;

  constructor({ kv, journal }: { kv: Kv; journal: Journal }) {
    this.#kv = kv;
    this.#journal = journal;
  }

  /**
   * Resolves once all of it is on disk, in one commit; a mark that changes nothing makes no event. Rejects
   * with `forbidden` for a topic that the user does not belong to, with `overloaded` and `unavailable`.
   */
  async mark(reader: Reader, { op, targets }: Mark): Promise<void> {
    const topics = targets.map(({ stream }) => stream).filter((stream) => stream !== "user");
    await Promise.all(topics.map((topic) => this.#insistOn(reader, topic)));
    const stream = userStream(reader.user);
    const parts = targets.map(({ stream: target, scope }): EntryPart => (
      target === "user"
        ? { stream, intent: { kind: "mark", op, scope } }
        : { stream, intent: { kind: "markTopic", topic: target, op, scope } }
    ));
    await this.#journal.append<void>({
      parts,
    });
  }

  async #insistOn({ user, isInForce }: Reader, topic: TopicStream): Promise<void> {
    if (topic === EVERYONE && isInForce(topic, newMembership(0, true))) return;
    const { value } = await this.#kv.get(keys.sub(user, ownerOf(topic)));
    if (value === null || !isInForce(topic, decodeMembership(value))) throw notAMember();
  }
}
