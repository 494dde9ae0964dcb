import type { StreamNews } from "../domain/event.ts";
import { newsOf, type StreamCommit } from "../store/journal/batch.ts";
import type { Outbox } from "../store/journal/outbox.ts";
import type { KvMutation } from "../kv/kv.ts";
import { letter } from "./letter.ts";
import { encodeMail } from "./mail_codec.ts";
import type { Membership } from "./membership.ts";

/** Writes mail for the other instances of a cluster. */
export class MailOutbox implements Outbox {
  readonly #membership: Membership;
  readonly #newId: () => string;

  /** @param options `newId`: time-ordered, since mail under random keys would cost the most */
  constructor({ membership, newId }: { membership: Membership; newId: () => string }) {
    this.#membership = membership;
    this.#newId = newId;
  }

  gone(routes: readonly string[]): readonly string[] {
    return routes.filter((instance) => this.#membership.isGone(instance));
  }

  mail(commits: readonly StreamCommit[]): readonly KvMutation[] {
    const news = new Map<string, StreamNews[]>();
    for (const commit of commits) {
      if (commit.events.length === 0) continue;
      for (const instance of commit.head.routes) {
        if (instance === this.#membership.id) continue;
        const own = news.get(instance);
        if (own === undefined) news.set(instance, [newsOf(commit)]);
        else own.push(newsOf(commit));
      }
    }
    return [...news].flatMap(([to, own]) =>
      letter({ to, id: this.#newId(), content: encodeMail({ news: own }) })
    );
  }
}
