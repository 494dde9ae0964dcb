import { type Clock, repeat, type Timer } from "../clock.ts";
import { ranges } from "../store/keys.ts";
import type { Kv, KvCommitted, KvMutation } from "../kv/kv.ts";
import {
  type Control,
  type ControlLine,
  type ControlListener,
  hearAll,
  NOTHING,
} from "./control.ts";
import { letter } from "./letter.ts";
import { encodeMail } from "./mail_codec.ts";
import type { InstanceRegistry } from "./instance_registry.ts";

export interface ControlMailOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly registry: InstanceRegistry;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly listener: ControlListener;
  readonly onError: (error: unknown) => void;
}

/** How often it is looked without having been told: mail goes lost with the lease it was for. */
const LOOK_MS = 12_000;
const INSTANCES_MAX = 1_000;

/** Tells the other instances by the mail that also brings them events. */
export class ControlMail implements ControlLine {
  readonly #options: ControlMailOptions;
  #timer: Timer | undefined;

  constructor(options: ControlMailOptions) {
    this.#options = options;
  }

  /** Begins to listen; to be called when mail is sent here. Rejects where the KV does not answer. */
  async start(): Promise<void> {
    // Whoever told something before this instance was known has stored it before, too.
    await this.#options.listener.lookAgain();
    const { clock, onError } = this.#options;
    this.#timer = repeat(clock, LOOK_MS, () => this.lookAgain(), onError);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Others have told this instance something; what it could not take in is stored, too. */
  receive(messages: readonly Control[]): void {
    if (!hearAll(messages, this.#options.listener)) void this.lookAgain();
  }

  /** Looks at what is stored, in case that mail was lost. Never rejects. */
  async lookAgain(): Promise<void> {
    try {
      await this.#options.listener.lookAgain();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async tell(messages: readonly Control[], operation = NOTHING): Promise<KvCommitted> {
    const { kv, registry, onError } = this.#options;
    const told = new Set(registry.live).add(registry.id);
    const mail = [...told].flatMap((instance) => this.#mail(instance, messages));
    const { checks, mutations } = operation;
    const committed = await kv.commit({ checks, mutations: [...mutations, ...mail] });
    if (!committed.ok) return committed;
    this.receive(messages);
    try {
      await this.#tellNewcomers(messages, told);
    } catch (error) {
      // It is stored and told to all others: those few find it when they look.
      onError(error);
    }
    return committed;
  }

  /** Whoever took a lease after the last look and before the commit may have read too early. */
  async #tellNewcomers(messages: readonly Control[], told: ReadonlySet<string>): Promise<void> {
    const { kv } = this.#options;
    const rows = await kv.list(ranges.instances(), { limit: INSTANCES_MAX });
    const mutations = rows.map(({ key }) => String(key[1]))
      .filter((instance) => !told.has(instance))
      .flatMap((instance) => this.#mail(instance, messages));
    if (mutations.length > 0) await kv.commit({ checks: [], mutations });
  }

  #mail(instance: string, messages: readonly Control[]): readonly KvMutation[] {
    const { registry, newId } = this.#options;
    if (instance === registry.id) return [];
    return letter({ to: instance, id: newId(), content: encodeMail({ control: messages }) });
  }
}
