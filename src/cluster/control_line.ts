import type { Revocation } from "../auth/revoked_tokens.ts";
import { type Clock, repeat, type Timer } from "../clock.ts";
import type { ErrorReports, OnError } from "../feeds/error_reports.ts";
import { guard } from "../feeds/feed.ts";
import type { Kv, KvCommitted, KvMutation, KvOperation } from "../kv/kv.ts";
import { ranges } from "../store/keys.ts";
import type { InstanceRegistry } from "./instance_registry.ts";
import { encodeEnvelope, envelopeRows } from "./remote_envelope.ts";

/**
 * A message for every live instance that is no event of a stream. It is plain JSON.
 *
 * To add a kind, add it to this type: the compiler then asks for its handler in `server/engine.ts`. A
 * message may arrive twice, and in a rolling update an instance may not know its kind and ignore it. So
 * a message only repeats what is also stored.
 */
export type Control = { readonly kind: "revoked"; readonly revocation: Revocation };

/** What an instance does with each kind of message. */
export type ControlHandlers = {
  readonly [Kind in Control["kind"]]: (message: Extract<Control, { kind: Kind }>) => void;
};

export interface ControlListener {
  readonly handlers: ControlHandlers;
  /** Reads what the messages repeat. Called at the start, every 12 seconds and after lost messages. */
  readStored(): Promise<void>;
}

export interface ControlLineOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** The other instances; undefined if there are none. */
  readonly registry: InstanceRegistry | undefined;
  readonly reports: ErrorReports;
}

const NOTHING: KvOperation = { checks: [], mutations: [] };
/** How often stored state is read without a message: messages to an evicted instance are lost. */
const READ_MS = 12_000;
const INSTANCES_MAX = 1_000;

/** Tells all live instances something in the same commit that stores it. */
export class ControlLine {
  readonly #options: ControlLineOptions;
  readonly #onError: OnError;
  readonly #onHandlerError: OnError;
  #listener: ControlListener | undefined;
  #timer: Timer | undefined;

  constructor(options: ControlLineOptions) {
    this.#options = options;
    this.#onError = options.reports.of("reading of stored control state");
    this.#onHandlerError = options.reports.of("control messages");
  }

  /**
   * Begins to listen. Call it when the other instances know this one: what they told before is read
   * from the store. Rejects if the KV does not answer.
   */
  async start(listener: ControlListener): Promise<void> {
    this.#listener = listener;
    await listener.readStored();
    const { clock, registry } = this.#options;
    if (registry === undefined) return;
    this.#timer = repeat(clock, READ_MS, () => this.readStored(), this.#onError);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Handles messages of another instance. If a handler fails, the stored state is read instead. */
  receive(messages: readonly Control[]): void {
    const handlers = this.#listener?.handlers;
    if (handlers === undefined) return;
    let isHandled = true;
    for (const message of messages) {
      // Newer instances send kinds that this version does not know.
      if (!Object.hasOwn(handlers, message.kind)) continue;
      const handle = () => handlers[message.kind](message);
      if (!guard(this.#onHandlerError, handle)) isHandled = false;
    }
    if (!isHandled) void this.readStored();
  }

  /** Reads what the messages repeat, in case that some were lost. Never rejects. */
  async readStored(): Promise<void> {
    try {
      await this.#listener?.readStored();
    } catch (error) {
      this.#onError(error);
    }
  }

  /**
   * Commits, and tells every live instance in the same commit. This instance handles the messages before
   * the promise resolves, others within milliseconds; one whose watch is broken within 11 seconds.
   *
   * @param messages what to tell if the commit succeeds
   * @param operation the rows that the messages repeat
   * @returns `ok: false` if a check failed: then nothing was written or told
   *
   * Rejects if the KV does not answer. The outcome is unknown then; call it again.
   *
   * @example
   * ```ts
   * const { ok } = await control.tell([{ kind: "revoked", revocation }], { checks, mutations });
   * ```
   */
  async tell(messages: readonly Control[], operation = NOTHING): Promise<KvCommitted> {
    const { kv, registry } = this.#options;
    const told = new Set(registry?.live);
    const envelopes = [...told].flatMap((instance) => this.#envelope(instance, messages));
    const { checks, mutations } = operation;
    const committed = await kv.commit({ checks, mutations: [...mutations, ...envelopes] });
    if (!committed.ok) return committed;
    this.receive(messages);
    try {
      if (registry !== undefined) await this.#tellNewcomers(messages, told);
    } catch (error) {
      // The newcomers find the stored state when they read it next.
      this.#onError(error);
    }
    return committed;
  }

  /** Tells instances that joined after the last look and before the commit: they may have read before. */
  async #tellNewcomers(messages: readonly Control[], told: ReadonlySet<string>): Promise<void> {
    const { kv } = this.#options;
    const rows = await kv.list(ranges.instances(), { limit: INSTANCES_MAX });
    const mutations = rows.map(({ key }) => String(key[1]))
      .filter((instance) => !told.has(instance))
      .flatMap((instance) => this.#envelope(instance, messages));
    if (mutations.length > 0) await kv.commit({ checks: [], mutations });
  }

  #envelope(instance: string, messages: readonly Control[]): readonly KvMutation[] {
    const { registry, newId } = this.#options;
    if (instance === registry?.id) return [];
    const content = encodeEnvelope({ control: messages });
    return envelopeRows({ to: instance, id: newId(), content });
  }
}
