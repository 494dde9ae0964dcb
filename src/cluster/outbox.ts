import type { StreamEvents } from "../domain/event.ts";
import { eventsOf, type StreamCommit } from "../store/journal/decide_batch.ts";
import type { Outbox } from "../store/journal/outbox.ts";
import type { KvMutation } from "../kv/kv.ts";
import { letter } from "./letter.ts";
import { encodeMail } from "./mail_codec.ts";
import type { InstanceRegistry } from "./instance_registry.ts";

/** Writes mail for the other instances of a cluster. */
export class MailOutbox implements Outbox {
  readonly #registry: InstanceRegistry;
  readonly #newId: () => string;

  /** @param options `newId`: time-ordered, since mail under random keys would cost the most */
  constructor({ registry, newId }: { registry: InstanceRegistry; newId: () => string }) {
    this.#registry = registry;
    this.#newId = newId;
  }

  gone(routes: readonly string[]): readonly string[] {
    return routes.filter((instance) => this.#registry.isGone(instance));
  }

  mail(commits: readonly StreamCommit[]): readonly KvMutation[] {
    const news = new Map<string, StreamEvents[]>();
    for (const commit of commits) {
      if (commit.events.length === 0) continue;
      for (const instance of commit.head.routes) {
        if (instance === this.#registry.id) continue;
        const own = news.get(instance);
        if (own === undefined) news.set(instance, [eventsOf(commit)]);
        else own.push(eventsOf(commit));
      }
    }
    return [...news].flatMap(([to, own]) =>
      letter({ to, id: this.#newId(), content: encodeMail({ news: own }) })
    );
  }
}
