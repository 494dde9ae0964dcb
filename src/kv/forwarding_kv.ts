import type { Kv, KvCommitted, KvKey, KvListed, KvOperation, KvRange, KvRow } from "./kv.ts";

/** A {@link Kv} that passes every call on; one that does something else with a call says so only there. */
export class ForwardingKv implements Kv {
  protected readonly kv: Kv;

  constructor(kv: Kv) {
    this.kv = kv;
  }

  get(key: KvKey): Promise<KvRow> {
    return this.kv.get(key);
  }

  getMany(keys: readonly KvKey[]): Promise<KvRow[]> {
    return this.kv.getMany(keys);
  }

  list(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvListed[]> {
    return this.kv.list(range, options);
  }

  commit(operation: KvOperation): Promise<KvCommitted> {
    return this.kv.commit(operation);
  }

  close(): void {
    this.kv.close();
  }
}
