import type {
  Kv,
  KvCommitted,
  KvKey,
  KvListed,
  KvOperation,
  KvRange,
  KvRow,
} from "../../src/kv/kv.ts";
import type { Machine } from "./machine.ts";

/** The KV as one machine reaches it: what was sent is out, but an answer needs somebody who takes it. */
export class MachineKv implements Kv {
  readonly #kv: Kv;
  readonly #machine: Machine;

  constructor(kv: Kv, machine: Machine) {
    this.#kv = kv;
    this.#machine = machine;
  }

  get(key: KvKey): Promise<KvRow> {
    return this.#call(() => this.#kv.get(key));
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.#call(() => this.#kv.getMany(keys));
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.#call(() => this.#kv.list(range, options));
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.#call(() => this.#kv.commit(operation));
  }

  close(): void {
    this.#kv.close();
  }

  #call<T>(call: () => Promise<T>): Promise<T> {
    if (!this.#machine.calling()) return new Promise(() => {});
    return this.#machine.answer(call());
  }
}
