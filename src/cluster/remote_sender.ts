import type { StreamEvents } from "../domain/event.ts";
import type { KvMutation } from "../kv/kv.ts";
import { eventsOf, type RemoteEvents, type StreamCommit } from "../store/journal/decide_batch.ts";
import type { InstanceRegistry } from "./instance_registry.ts";
import { encodeEnvelope, envelopeRows } from "./remote_envelope.ts";

/** Writes envelopes for the other instances that have a device of the committed streams. */
export class RemoteSender implements RemoteEvents {
  readonly #registry: InstanceRegistry;
  readonly #newId: () => string;

  /** @param options `newId`: a new UUIDv7 */
  constructor({ registry, newId }: { registry: InstanceRegistry; newId: () => string }) {
    this.#registry = registry;
    this.#newId = newId;
  }

  gone(routes: readonly string[]): readonly string[] {
    return routes.filter((instance) => this.#registry.isGone(instance));
  }

  envelopes(commits: readonly StreamCommit[]): readonly KvMutation[] {
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
      envelopeRows({ to, id: this.#newId(), content: encodeEnvelope({ news: own }) })
    );
  }
}
